/**
 * Whose request it is: the peer's address, or where that is one of `proxies` trusted proxies, what the outermost of them
 * was told by its own peer. Each proxy adds its peer at the end of `X-Forwarded-For`, so that what a client wrote there
 * itself stands further left than is looked at.
 */
export const addressIn = (
  forwardedFor: string | undefined,
  peer: string | undefined,
  proxies: number
): string | undefined => {
  if (proxies === 0 || forwardedFor === undefined) return peer
  const hops = forwardedFor.split(",").map((hop) => hop.trim())
  const named = hops[hops.length - proxies] ?? hops[0]
  return named !== undefined && /^[0-9a-fA-F.:]{2,45}$/u.test(named) ? named : peer
}
