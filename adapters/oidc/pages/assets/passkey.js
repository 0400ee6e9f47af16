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

for (const form of document.querySelectorAll("form[data-passkey-options]")) {
  form.hidden = !canUsePasskeys
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const button = form.querySelector("button")
    button.disabled = true
    // A user who closes the browser's dialog may try again.
    answer(form).then(
      () => form.submit(),
      () => {
        button.disabled = false
      }
    )
  })
}
