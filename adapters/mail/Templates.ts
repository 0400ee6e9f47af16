/** What mails say: a subject, plain text, and the same as simple HTML, which Eta escapes. */
import { Eta } from "eta"
import type { Mail } from "../../application/ports/Outside.ts"

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

const templates: { readonly [Name in Mail["template"]]: Template } = {
  verify_email: {
    subject: "Your code for Gophers Bank",
    paragraphs: [
      "Your code is <%= it.code %>.",
      "It is good for 30 minutes. Nobody from the bank will ask you for it.",
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
  new_login: {
    subject: "A new login to Gophers Bank",
    paragraphs: [
      "Someone logged in from a device that we had not seen before.",
      "Address: <%= it.address ?? 'unknown' %>\nProgram: <%= it.userAgent ?? 'unknown' %>",
      alarm
    ]
  }
}

const html = new Eta({ autoEscape: true })
const text = new Eta({ autoEscape: false })

const frame = `<!doctype html><html lang="en"><meta charset="utf-8"><title><%= it.subject %></title>
<body style="font:16px/1.5 sans-serif;color:#1a1a1a"><% it.paragraphs.forEach((each) => { %><p><%~ each %></p>
<% }) %></body></html>`

/** A mail in the words of its template. */
export const worded = (mail: Mail): Worded => {
  const { subject, paragraphs } = templates[mail.template]
  const lines = paragraphs.map((each) => html.renderString(each, mail).replaceAll("\n", "<br>"))
  return {
    subject,
    text: `${paragraphs.map((each) => text.renderString(each, mail)).join("\n\n")}\n`,
    html: html.renderString(frame, { subject, paragraphs: lines })
  }
}
