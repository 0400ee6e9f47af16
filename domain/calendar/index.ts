/** The calendar: dates, instants, day counts, business days and periods. */
export * as Instant from "./Instant.ts"
export * as LocalDate from "./LocalDate.ts"
