/** What mails say: a subject, plain text, and the same as simple HTML, which Eta escapes. */
import { Eta } from "eta"
import type { FactorChange, Mail } from "../../application/ports/Outside.ts"
import type { User } from "../../domain/identity/index.ts"

/** A mail in words. */
export interface Worded {
  readonly subject: string
  readonly text: string
  readonly html: string
}

interface Template {
  readonly subject: string
  /** Paragraphs, each an Eta template over the mail. */
  readonly paragraphs: ReadonlyArray<string>
}

const unasked = "If this was not you, you need not do anything."
const alarm = "If this was not you, reset your password at once and call the bank."

const changes: { readonly [Change in FactorChange]: string } = {
  totp_added: "An authenticator app was set up for your login at Gophers Bank.",
  totp_removed: "The authenticator app of your login at Gophers Bank was removed.",
  passkey_added: "A passkey was added to your login at Gophers Bank.",
  passkey_removed: "A passkey of your login at Gophers Bank was removed.",
  recovery_codes_made: "New recovery codes were made for your login at Gophers Bank. The old ones are good no more.",
  recovery_code_used: "A recovery code of your login at Gophers Bank was used.",
  login_linked: "A login at another provider opens your login at Gophers Bank now.",
  login_unlinked: "A login at another provider opens your login at Gophers Bank no more."
}

const templates: { readonly [Name in Mail["template"]]: Template } = {
  verify_email: {
    subject: "Your code for Gophers Bank",
    paragraphs: [
      "Your code is <%= it.code %>.",
      "It is good for an hour. Nobody from the bank will ask you for it.",
      unasked
    ]
  },
  already_registered: {
    subject: "You have a login at Gophers Bank already",
    paragraphs: ["Someone tried to register with this address, which has a login already.", unasked]
  },
  change_email: {
    subject: "Confirm your new address",
    paragraphs: ["Your code is <%= it.code %>.", "It makes this the address of your login.", unasked]
  },
  email_changed: {
    subject: "The address of your login was changed",
    paragraphs: ["Your login at Gophers Bank has another address now.", alarm]
  },
  reset_password: {
    subject: "Reset your password",
    paragraphs: ["Your token for a new password is <%= it.token %>", "It is good for 30 minutes, once.", unasked]
  },
  password_changed: {
    subject: "Your password was changed",
    paragraphs: ["The password of your login at Gophers Bank was changed.", alarm]
  },
  factor_changed: {
    subject: "The way you log in was changed",
    paragraphs: ["<%= it.change %>", alarm]
  },
  new_login: {
    subject: "A new login to Gophers Bank",
    paragraphs: [
      "Someone logged in from a device that we had not seen before.",
      "Address: <%= it.address ?? 'unknown' %>\nProgram: <%= it.userAgent ?? 'unknown' %>",
      alarm
    ]
  }
}

// Line breaks after a value are the text's own.
const html = new Eta({ autoEscape: true, autoTrim: false })
const text = new Eta({ autoEscape: false, autoTrim: false })

const frame = `<!doctype html><html lang="en"><meta charset="utf-8"><title><%= it.subject %></title>
<body style="font:16px/1.5 sans-serif;color:#1a1a1a"><% it.paragraphs.forEach((each) => { %><p><%~ each %></p>
<% }) %></body></html>`

/** Characters of a value that are shown. */
const shownMax = 200

/** A value in one short line: what a stranger's browser calls itself adds no paragraph to the bank's mail. */
const shown = (value: string): string =>
  [...value.replaceAll(/[\p{C}\p{Z}]+/gu, " ").trim()].slice(0, shownMax).join("")

/** A mail in the words of its template. */
export const worded = (mail: Mail): Worded => {
  const { subject, paragraphs } = templates[mail.template]
  const said = mail.template === "factor_changed" ? { ...mail, change: changes[mail.change] } : mail
  const values = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, shown(value)]))
  const lines = paragraphs.map((each) => html.renderString(each, values).replaceAll("\n", "<br>"))
  return {
    subject,
    text: `${paragraphs.map((each) => text.renderString(each, values)).join("\n\n")}\n`,
    html: html.renderString(frame, { subject, paragraphs: lines })
  }
}

/**
 * A mail as the transports take it. An address given as an object is not parsed as a list, so that none can name a second
 * one; `Auto-Submitted` (RFC 3834) keeps away-messages from answering.
 */
export const message = (from: string, to: User.Email, mail: Mail) => ({
  from,
  to: { name: "", address: to },
  headers: { "Auto-Submitted": "auto-generated" },
  ...worded(mail)
})
