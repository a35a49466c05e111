const least = 0.000001

/** An amount as people write it: `$0.06`, `$1240.00`; below a cent with two digits that say something: `$0.0005`. Else `12.00 EUR`. */
export function formatMoney(amount: number, currency: string): string {
  const isLess = amount > 0 && amount < least
  const text = isLess ? least.toFixed(6) : amount === 0 || amount >= 0.01 ? amount.toFixed(2) : inCents(amount)
  return `${isLess ? '<' : ''}${currency === 'USD' ? `$${text}` : `${text} ${currency}`}`
}

function inCents(amount: number): string {
  return Number(amount.toPrecision(2)).toFixed(7).replace(/0+$/, '')
}
