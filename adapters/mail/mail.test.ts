import assert from "node:assert/strict"
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, beforeEach, describe, test } from "node:test"
import { Effect, Exit, type Layer } from "effect"
import { type ParsedMail, simpleParser } from "mailparser"
import { SMTPServer } from "smtp-server"
import { type Mail, Mailer } from "../../application/ports/Outside.ts"
import { User } from "../../domain/identity/index.ts"
import { FileMailer, SmtpMailer } from "./index.ts"

const ada = User.Email.make("ada@example.com")
const from = "Gophers Bank <no-reply@bank.example>"

const sending = (mailer: Layer.Layer<Mailer>, mail: Mail, to = ada) =>
  Effect.runPromiseExit(
    Effect.provide(
      Effect.flatMap(Mailer, (service) => service.send(to, mail)),
      mailer
    )
  )

describe("mail by SMTP", () => {
  const received: Array<{ readonly mail: ParsedMail; readonly recipients: ReadonlyArray<string> }> = []
  let refuses = false
  let url = ""
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo: (_address, _session, callback) => callback(refuses ? new Error("no such mailbox") : null),
    onData: (stream, session, callback) => {
      simpleParser(stream).then((mail) => {
        received.push({ mail, recipients: session.envelope.rcptTo.map(({ address }) => address) })
        callback()
      }, callback)
    }
  })
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.server.address()
    assert.ok(typeof address === "object" && address !== null)
    url = `smtp://127.0.0.1:${address.port}`
  })
  beforeEach(() => {
    received.length = 0
    refuses = false
  })
  after(() => new Promise<void>((resolve) => server.close(resolve)))

  test("comes to its one reader, in plain text and in HTML", async () => {
    const exit = await sending(SmtpMailer.layer({ url, from }), { template: "verify_email", code: "493817" })
    assert.ok(Exit.isSuccess(exit), String(exit))
    const [only, ...others] = received
    assert.ok(only !== undefined && others.length === 0)
    assert.deepEqual(only.recipients, [ada])
    assert.equal(only.mail.from?.value[0]?.address, "no-reply@bank.example")
    assert.equal(only.mail.subject, "Your code for Gophers Bank")
    assert.match(only.mail.text ?? "", /Your code is 493817\./u)
    assert.match(String(only.mail.html), /<p>Your code is 493817\.<\/p>/u)
  })

  test("what a stranger named itself is shown and not run", async () => {
    const userAgent = `<script>alert(1)</script>\r\nBcc: eve@example.com`
    await sending(SmtpMailer.layer({ url, from }), { template: "new_login", address: "203.0.113.9", userAgent })
    const [only] = received
    assert.ok(only !== undefined)
    assert.deepEqual(only.recipients, [ada])
    assert.equal(only.mail.bcc, undefined)
    assert.doesNotMatch(String(only.mail.html), /<script>/u)
    assert.match(String(only.mail.html), /&lt;script&gt;/u)
    assert.match(only.mail.text ?? "", /203\.0\.113\.9/u)
  })

  test("a server that refuses is told of without the address", async () => {
    refuses = true
    const exit = await sending(SmtpMailer.layer({ url, from }), { template: "password_changed" })
    assert.ok(Exit.isFailure(exit))
    assert.match(String(exit), /MailUndeliverable/u)
    assert.doesNotMatch(String(exit), /ada@/u)
  })

  test("a server that is not there is told of", async () => {
    const exit = await sending(SmtpMailer.layer({ url: "smtp://127.0.0.1:1", from }), { template: "email_changed" })
    assert.match(String(exit), /MailUndeliverable/u)
  })

  test("is not sent in the clear to a server of another machine", async () => {
    // The name resolves to this machine, where the server offers no encryption.
    const other = url.replace("127.0.0.1", "[::ffff:127.0.0.1]")
    const exit = await sending(SmtpMailer.layer({ url: other, from }), { template: "reset_password", token: "secret" })
    assert.match(String(exit), /MailUndeliverable/u)
    assert.equal(received.length, 0)
  })
})

describe("mail into files", () => {
  let folder = ""
  before(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "bank-mail-")), "mail")
  })
  after(() => rm(join(folder, ".."), { recursive: true, force: true }))

  test("is a message that mail programs read, and that only its owner may open", async () => {
    const mailer = FileMailer.layer({ folder, from })
    assert.ok(Exit.isSuccess(await sending(mailer, { template: "reset_password", token: "dG9rZW4" })))
    const [name, ...others] = await readdir(folder)
    assert.ok(name !== undefined && others.length === 0)
    assert.match(name, /^\d{4}-.*-reset_password\.eml$/u)
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600)
    const mail = await simpleParser(await readFile(join(folder, name)))
    assert.match(mail.text ?? "", /dG9rZW4/u)
  })
})
