/**
 * What must come between two breaks for the second to count as the first of a new row: a server that gives a few bytes and hangs up, again and
 * again, would be asked for ever.
 */
export const leastProgressBytes = 64 * 1024
