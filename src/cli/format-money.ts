/** An amount as people write it: `$0.06`, `$1240.00`; below a cent with two digits that say something: `$0.00052`. Else `12.00 EUR`. */
export function formatMoney(amount: number, currency: string): string {
  const text = amount === 0 || amount >= 0.01 ? amount.toFixed(2) : smallAmount(amount)
  return currency === 'USD' ? `$${text}` : `${text} ${currency}`
}

function smallAmount(amount: number): string {
  const digits = Math.min(8, 1 - Math.floor(Math.log10(amount)))
  return amount.toFixed(digits).replace(/0$/, '')
}
