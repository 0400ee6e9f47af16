/** How long one statement of a writer may take, in milliseconds; a silent connection is given up after twice that. */
export const statementTimeoutMs = 300

/** How long anything that must come to an end in a run may take, in milliseconds. */
export const patienceMs = 20_000
