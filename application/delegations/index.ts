/** Use cases of what customers let each other do. */
export { CreateDelegation, createDelegation } from "./CreateDelegation.ts"
export { CustomerRequired } from "./CustomerRequired.ts"
export { GetDelegation, getDelegation } from "./GetDelegation.ts"
export { DelegationList, ListDelegations, listDelegations } from "./ListDelegations.ts"
export { RevokeDelegation, revokeDelegation } from "./RevokeDelegation.ts"
