/** What was used last, by name: beyond `max` the one that was used longest ago is forgotten. */
export const recent = <A>(max: number) => {
  // In the order of the last use.
  const values = new Map<string, A>()
  return {
    get: (name: string): A | undefined => {
      const value = values.get(name)
      if (value !== undefined) {
        values.delete(name)
        values.set(name, value)
      }
      return value
    },
    set: (name: string, value: A): void => {
      values.delete(name)
      values.set(name, value)
      if (values.size <= max) return
      const [oldest] = values.keys()
      if (oldest !== undefined) values.delete(oldest)
    },
    forget: (name: string): void => {
      values.delete(name)
    }
  }
}
