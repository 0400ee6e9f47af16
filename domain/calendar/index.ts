/** The calendar: dates, instants, day counts, business days and periods. */
export * as BusinessDay from "./BusinessDay.ts"
export * as DayCount from "./DayCount.ts"
export * as Instant from "./Instant.ts"
export * as LocalDate from "./LocalDate.ts"
export * as Period from "./Period.ts"
