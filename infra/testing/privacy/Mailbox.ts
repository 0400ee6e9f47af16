/** Mails that the bank has written into its data directory, as their receivers read them. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { simpleParser } from "mailparser"

/** How long a mail is waited for, and between looks. */
const waitMsMax = 10_000
const lookMs = 20

/** Of each file, what was found in it: none changes. */
const read = new Map<string, { readonly to: string; readonly text: string }>()

const mailIn = async (file: string) => {
  const known = read.get(file)
  if (known !== undefined) return known
  const mail = await simpleParser(await readFile(file))
  const to = [mail.to ?? []].flat().flatMap(({ value }) => value.map(({ address = "" }) => address))
  const found = { to: to.join(" "), text: mail.text ?? "" }
  if (mail.to !== undefined) read.set(file, found)
  return found
}

/** The code or token of the newest mail of a template to an address. */
export const secretMailed = async (dataDir: string, to: string, template: string): Promise<string> => {
  const folder = join(dataDir, "mail")
  for (let waited = 0; waited < waitMsMax; waited += lookMs) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(`-${template}.eml`)).sort()
    for (const name of names.reverse()) {
      const mail = await mailIn(join(folder, name))
      const [, secret] = /\bis ([\w-]{6,})/u.exec(mail.text) ?? []
      if (mail.to.toLowerCase() === to.toLowerCase() && secret !== undefined) return secret
    }
    await Bun.sleep(lookMs)
  }
  throw new Error(`no mail ${template} came`)
}
