/** One run: a new ledger, three processes that may write it, a load of requests, and the faults of the run's plan. */
import { LedgerId, TypedId } from "../../../domain/ids/index.ts"
import { type Asked, type Book, newBook } from "./Book.ts"
import { patienceMs } from "./bounds.ts"
import { type Desk, deskOf } from "./commands.ts"
import type { FaultProxy, Sprung } from "./FaultProxy.ts"
import type { Plan } from "./Plan.ts"
import { count, countSprung, type Fact, type Tally } from "./Tally.ts"
import type { Outcome, WriterProcess } from "./WriterProcess.ts"

/** A process and the proxy that it reaches the database through. */
export interface Post {
  readonly process: WriterProcess
  readonly proxy: FaultProxy
  isOpen: boolean
}

/** What a run leaves to be verified. */
export interface Finished {
  readonly ledgerId: LedgerId
  readonly book: Book
  readonly desk: Desk
}

/** How long a sender waits for an answer before it does something else, and between two attempts. */
const senderPatienceMs = 80
const pauseMs = 15

/** Attempts under load; what has no answer then is sent again at the end. */
const attemptsUnderLoad = 3

/** Attempts after which the ledger is given anew. */
const attemptsBeforeReopening = 5

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Repeats the work until it says that it is done. */
const until = async (what: string, work: (attempt: number) => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + patienceMs
  for (let attempt = 1; !(await work(attempt)); attempt++) {
    if (Date.now() > deadline) throw new Error(`${what} took more than ${patienceMs} ms`)
    await sleep(pauseMs)
  }
}

export const runPlan = async (plan: Plan, posts: ReadonlyArray<Post>, tally: Tally): Promise<Finished> => {
  const { dice } = plan
  const ledgerId = LedgerId.make(TypedId.fromBytes("led", crypto.getRandomValues(new Uint8Array(16))))
  const book = newBook()
  const desk = deskOf(dice, book)
  const happened = (fact: Fact, times = 1) => count(tally.facts, fact, times)
  const later = new Set<Promise<void>>()
  let failure: unknown
  let chief = posts[0]
  let opening = 0
  let isOver = false

  /** Runs beside the rest; its failure fails the run at the end. */
  const beside = (work: Promise<void>): void => {
    const done = work
      .catch((cause: unknown) => {
        failure ??= cause
      })
      .finally(() => later.delete(done))
    later.add(done)
  }

  const isUsable = ({ process }: Post): boolean => process.isAlive() && !process.isPaused()

  const openAt = async (post: Post): Promise<boolean> => {
    opening += 1
    if (opening > 1) happened("takeovers at the same time as another")
    const outcome = await post.process.open(post.proxy.url, ledgerId)
    opening -= 1
    post.isOpen = outcome !== "dead" && outcome._tag === "Done"
    if (post.isOpen) chief = post
    return post.isOpen
  }

  const pending = () => posts.reduce((sum, { process }) => sum + process.pending(), 0)

  /** Another writer than the chief takes over, whatever it takes. */
  const takeOver = async (): Promise<void> => {
    if (pending() > 0) happened("takeovers with requests under way")
    await until("a takeover", async () => {
      const usable = posts.filter((post) => isUsable(post) && post !== chief)
      const next = dice.anyOf(usable) ?? posts.at(-1)
      return next !== undefined && openAt(next)
    })
  }

  const wake = (post: Post): void => {
    post.proxy.release()
    post.process.resume()
  }

  const onSprung = (post: Post) => (sprung: Sprung) => {
    const { trap } = sprung
    countSprung(tally, trap, sprung.message, sprung.letter)
    const waitMs = dice.below(30)
    if (trap.fault === "kill") {
      if (post.process.pending() > 0) happened("killed writers with requests under way")
      post.process.kill()
      post.isOpen = false
      beside(sleep(waitMs).then(takeOver))
    }
    if (trap.fault === "pause") {
      post.process.pause()
      const wasBusy = post.process.pending() > 0
      const isWokenFirst = dice.chance(20)
      beside(
        sleep(waitMs)
          .then(() => (isWokenFirst || isOver ? undefined : takeOver()))
          .then(() => sleep(dice.below(30)))
          .then(() => {
            if (wasBusy && !isWokenFirst && !isOver)
              happened("paused writers with requests under way that woke after a takeover")
            wake(post)
          })
      )
    }
    if (trap.fault === "late" || trap.fault === "hole") {
      const isTakenOver = dice.chance(60)
      const keptMs = dice.below(700)
      beside(
        sleep(waitMs)
          .then(() => (isTakenOver && !isOver ? takeOver() : sleep(keptMs)))
          .then(() => post.proxy.release())
      )
    }
  }

  const take = (asked: Asked, outcome: Outcome): boolean => {
    if (outcome === "dead" || outcome._tag === "Done") {
      asked.lost += 1
      return false
    }
    const isFirst = asked.answer === undefined
    const isDecided = book.take(asked, outcome)
    if (isDecided && isFirst && outcome._tag === "Refused")
      happened(outcome.tag === "IdempotencyConflict" ? "conflicts" : "rejections")
    return isDecided
  }

  /** Sends a request once; an answer that comes after the sender's patience is taken all the same. */
  const send = async (asked: Asked, post: Post, isPatient: boolean): Promise<boolean> => {
    const sentAt = Date.now()
    if (asked.lost > 0) happened("requests sent again after no answer")
    asked.sent += 1
    let isGivenUp = false
    const answered = post.process.submit(asked.instruction).then((outcome) => {
      const wasLost = asked.lost > 0 && asked.answer === undefined
      const isDecided = take(asked, outcome)
      if (isDecided && isGivenUp) happened("answers to requests that had been given up")
      const booked = asked.receipt?._tag === "TransactionPosted" ? asked.receipt.transaction.bookedAt : undefined
      if (isDecided && wasLost && booked !== undefined && booked < sentAt)
        happened("requests found done though nobody had said so")
      return isDecided
    })
    if (isPatient) return answered
    const isDecided = await Promise.race([answered, sleep(senderPatienceMs)])
    if (isDecided !== undefined) return isDecided
    isGivenUp = true
    asked.lost += 1
    beside(answered.then(() => undefined))
    return false
  }

  const anyPost = (): Post | undefined =>
    dice.chance(80) ? chief : dice.anyOf(posts.filter(({ isOpen, process }) => isOpen && process.isAlive()))

  let reopening: Promise<unknown> | undefined
  /** Gives the ledger to the chief anew, or to another where that one cannot; once at a time. */
  const reopen = (): Promise<unknown> => {
    reopening ??= (chief !== undefined && isUsable(chief) ? openAt(chief) : takeOver()).finally(() => {
      reopening = undefined
    })
    return reopening
  }

  /**
   * Sends a request until it is decided. Of two that took over at the same time, the one that was heard of last need not
   * be the one that has the ledger, so the ledger is given anew now and then.
   */
  const decide = (asked: Asked, isPatient: boolean): Promise<void> =>
    until("a decision", async (attempt) => {
      const isHopeless = attempt % attemptsBeforeReopening === 0 || chief === undefined || !chief.process.isAlive()
      if (isHopeless) await reopen()
      return chief !== undefined && send(asked, chief, isPatient)
    })

  const underLoad = async (): Promise<void> => {
    let left = plan.requests
    const takeovers = [...plan.takeovers]
    const sender = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        while (takeovers.length > 0 && takeovers.some((at) => at <= plan.requests - left)) {
          takeovers.splice(
            takeovers.findIndex((at) => at <= plan.requests - left),
            1
          )
          beside(takeOver())
        }
        const asked = desk.next()
        for (let attempt = 0; attempt < attemptsUnderLoad; attempt++) {
          const post = anyPost()
          if (post !== undefined && (await send(asked, post, false))) break
          await sleep(pauseMs)
        }
      }
    }
    await Promise.all(Array.from({ length: plan.inFlight }, sender))
  }

  const settleAll = async (): Promise<void> => {
    while (later.size > 0) await Promise.all(later)
  }

  /** No more faults: who was stopped goes on, what was kept is delivered, what was lost breaks. */
  const calm = async (): Promise<void> => {
    isOver = true
    for (const post of posts) {
      post.proxy.arm([], () => {})
      wake(post)
    }
    await settleAll()
    for (const post of posts) wake(post)
    await until("the last replies", async () => pending() === 0)
  }

  /** Of all processes that think they have the ledger, at most one does a new request. */
  const probe = async (): Promise<void> => {
    let doers = 0
    for (const post of posts.filter(({ isOpen, process }) => isOpen && process.isAlive())) {
      if (await send(book.ask(desk.probe()), post, true)) doers += 1
      else happened("requests that a fenced writer refused")
    }
    if (doers > 1) throw new Error(`${doers} writers have done requests after the last takeover`)
  }

  posts.forEach((post, index) => {
    post.isOpen = false
    post.proxy.arm(plan.traps[index] ?? [], onSprung(post))
  })
  const [first] = posts
  if (first !== undefined) await until("the first opening", async () => !isUsable(first) || openAt(first))
  if (chief !== undefined && !chief.isOpen) await takeOver()
  for (const commands of desk.opening) await Promise.all(commands.map((each) => decide(book.ask(each), false)))
  await underLoad()
  await calm()
  await Promise.all(book.asked.filter(({ answer }) => answer === undefined).map((asked) => decide(asked, true)))
  await probe()
  await Promise.all(posts.map(({ process }) => process.close()))
  await settleAll()
  if (failure !== undefined) throw failure
  return { ledgerId, book, desk }
}
