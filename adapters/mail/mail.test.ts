import assert from "node:assert/strict"
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, beforeEach, describe, test } from "node:test"
import { Effect, Exit, type Layer } from "effect"
import { type ParsedMail, simpleParser } from "mailparser"
import { SMTPServer } from "smtp-server"
import { type Mail, Mailer, type MailUndeliverable } from "../../application/ports/Outside.ts"
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

const reasonOf = (exit: Exit.Exit<void, MailUndeliverable>): string => {
  const [reason] = Exit.isFailure(exit) ? exit.cause.reasons : []
  return reason?._tag === "Fail" ? reason.error.reason : String(exit)
}

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
    assert.match(
      only.mail.text ?? "",
      /^Address: 203\.0\.113\.9\nProgram: <script>alert\(1\)<\/script> Bcc: eve@example\.com$/mu
    )
    assert.match(String(only.mail.html), /Address: 203\.0\.113\.9<br>Program: /u)
  })

  test("what a stranger named itself adds no paragraph, and is cut where it is long", async () => {
    const userAgent = `Browser\r\n\r\nYour account is blocked.\u2028\u202eCall ${"9".repeat(10_000)}`
    await sending(SmtpMailer.layer({ url, from }), { template: "new_login", userAgent })
    const text = received[0]?.mail.text ?? ""
    assert.match(text, /^Program: Browser Your account is blocked\. Call 9{100,200}$/mu)
    assert.ok(text.length < 600)
  })

  test("says which way to log in has changed, and what to do if that was someone else", async () => {
    const said = new Map([
      ["totp_added", /An authenticator app was set up/u],
      ["totp_removed", /The authenticator app .* was removed/u],
      ["passkey_added", /A passkey was added/u],
      ["passkey_removed", /A passkey .* was removed/u],
      ["recovery_codes_made", /New recovery codes were made/u],
      ["recovery_code_used", /A recovery code .* was used/u],
      ["login_linked", /at another provider opens .* now/u],
      ["login_unlinked", /at another provider opens .* no more/u]
    ] as const)
    for (const [change, words] of said) {
      received.length = 0
      await sending(SmtpMailer.layer({ url, from }), { template: "factor_changed", change })
      const { subject, text = "" } = received[0]?.mail ?? {}
      assert.equal(subject, "The way you log in was changed")
      assert.match(text, words)
      assert.match(text, /If this was not you, reset your password at once and call the bank\./u)
    }
  })

  test("an address that would be two, or a header, is none; and sent anyhow it stays one", async () => {
    for (const hostile of ["ada@example.com\r\nBcc: eve@example.com", "ada@example.com,eve@example.com"]) {
      assert.throws(() => User.Email.make(hostile))
      await sending(
        SmtpMailer.layer({ url, from }),
        { template: "email_changed" },
        User.Email.make(hostile, { disableChecks: true })
      )
    }
    for (const { mail, recipients } of received) {
      assert.equal(recipients.length, 1)
      assert.ok(mail.bcc === undefined && !mail.headers.has("bcc"))
    }
  })

  test("says that no person sent it and when, and names nothing to load", async () => {
    await sending(SmtpMailer.layer({ url, from }), { template: "reset_password", token: "dG9rZW4" })
    const [only] = received
    assert.ok(only !== undefined)
    assert.equal(only.mail.headers.get("auto-submitted"), "auto-generated")
    assert.doesNotMatch(String(only.mail.html), /https?:|src=|href=/u)
    assert.ok(only.mail.date instanceof Date && only.mail.messageId !== undefined)
  })

  test("a server that refuses is told of without the address", async () => {
    refuses = true
    const exit = await sending(SmtpMailer.layer({ url, from }), { template: "password_changed" })
    assert.ok(Exit.isFailure(exit))
    assert.match(reasonOf(exit), /^the mail server refused \(EENVELOPE 5\d\d\)$/u)
  })

  test("a server that is not there is told of", async () => {
    const exit = await sending(SmtpMailer.layer({ url: "smtp://127.0.0.1:1", from }), { template: "email_changed" })
    assert.match(String(exit), /MailUndeliverable/u)
  })

  // The address 0.0.0.0 is this machine, and not one that is taken for it.
  const elsewhere = (): string => url.replace("127.0.0.1", "0.0.0.0")

  test("is not sent in the clear to a server of another machine", async () => {
    const exit = await sending(SmtpMailer.layer({ url: elsewhere(), from }), {
      template: "reset_password",
      token: "secret"
    })
    assert.match(reasonOf(exit), /ETLS/u)
    assert.equal(received.length, 0)
  })

  test("is not sent to a server whose certificate nobody vouches for", async () => {
    let connections = 0
    const selfSigned = new SMTPServer({
      authOptional: true,
      onConnect: (_session, callback) => {
        connections++
        callback()
      },
      onMailFrom: () => assert.fail("a mail began")
    })
    selfSigned.on("error", () => undefined)
    await new Promise<void>((resolve) => selfSigned.listen(0, "127.0.0.1", resolve))
    const address = selfSigned.server.address()
    assert.ok(typeof address === "object" && address !== null)
    const exit = await sending(SmtpMailer.layer({ url: `smtp://0.0.0.0:${address.port}`, from }), {
      template: "reset_password",
      token: "secret"
    })
    await new Promise<void>((resolve) => selfSigned.close(resolve))
    assert.match(reasonOf(exit), /the mail server refused/u)
    assert.equal(connections, 1)
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

  test("of many that are sent at once are as many files, in order", async () => {
    const sent = await Effect.runPromise(
      Effect.provide(
        Effect.flatMap(Mailer, ({ send }) =>
          Effect.forEach(Array.from({ length: 12 }), (_, index) =>
            send(ada, { template: "verify_email", code: String(100_000 + index) })
          )
        ),
        FileMailer.layer({ folder: join(folder, "many"), from })
      )
    )
    const names = (await readdir(join(folder, "many"))).sort()
    assert.equal(names.length, sent.length)
    const texts = await Promise.all(names.map((name) => readFile(join(folder, "many", name), "utf8")))
    assert.deepEqual(
      texts.map((text) => /Your code is (\d{6})/u.exec(text)?.[1]),
      sent.map((_, index) => String(100_000 + index))
    )
  })

  test("that cannot be written is told of without the address", async () => {
    const path = join(folder, "file")
    await writeFile(path, "")
    const exit = await sending(FileMailer.layer({ folder: path, from }), { template: "password_changed" })
    assert.equal(reasonOf(exit), "the folder for mails cannot be written")
  })
})
