// Offers passkeys where the browser has them; every page works without.
const canUsePasskeys = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function"

const answer = async (form) => {
  const ticket = form.elements.namedItem("ticket")
  const response = await fetch(form.dataset.passkeyOptions, {
    method: "POST",
    body: new URLSearchParams({ ticket: ticket.value })
  })
  if (!response.ok) throw new Error(`no options: ${response.status}`)
  const step = await response.json()
  if (step.ticket !== undefined) ticket.value = step.ticket
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(step.options)
  const credential = await navigator.credentials.get({ publicKey })
  form.elements.namedItem("passkey").value = JSON.stringify(credential.toJSON())
}

// Shown afresh each time, so that it is read aloud each time.
const tell = (text) => {
  const message = document.getElementById("message")
  message.textContent = text
  message.hidden = text === ""
}

for (const form of document.querySelectorAll("form[data-passkey-options]")) {
  const button = form.querySelector("button")
  form.hidden = !canUsePasskeys
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    button.disabled = true
    tell("")
    // A user who closes the browser's dialog may try again.
    answer(form).then(
      () => form.submit(),
      () => {
        button.disabled = false
        button.focus()
        tell("No passkey was used. Try again, or prove that it is you in another way.")
      }
    )
  })
}

// A page that the browser takes out of its memory when the user goes back is as it was left: with the button off.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-passkey-options] button")) button.disabled = false
})
