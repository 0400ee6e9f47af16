/** How far the clock of who made a token may differ from this one. */
export const skewSeconds = 5

/** The longest that an access token may live. */
export const tokenLifeSecondsMax = 600
