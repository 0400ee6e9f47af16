/** Values for the examples of the API description; a test decodes every example by its command. */
export const account = "acc_01h455vb4pex5vsknk084sn02q"
export const otherAccount = "acc_01h455vb4pex5vsknk084sn02r"
export const amount = { amount: "12.34", currency: "USD" }
export const customer = "cus_01h455vb4pex5vsknk084sn02q"
export const ticket = "Zm9yLXRoZS1leGFtcGxlLW9ubHk"
export const password = "correct horse battery staple"
export const callback = "https://login.bank.example/federated?state=af0ifjsldkj&code=SplxlOBeZQQYbYS6WxSbIA"
