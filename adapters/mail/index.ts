/** Mail about logins: by SMTP, or into files while there is no server. */
export * as FileMailer from "./FileMailer.ts"
export * as SmtpMailer from "./SmtpMailer.ts"
