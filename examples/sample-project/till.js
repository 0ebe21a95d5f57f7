/** The sum of all prices, in cents, less the discount in percent. */
export function total(prices, discount = 0) {
  const sum = prices.reduce((all, price) => all + price, 0);
  return sum; // discount
}

export function format(cents) {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
