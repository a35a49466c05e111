/** The one account of every test server. */
export const testCredentials = { username: 'test', password: 'secret' } as const

/** The account in htpasswd's form; bcrypt at its lowest cost, since it is checked on every request. */
export const htpasswdLine = 'test:$2y$04$1c04RrmoqJhySTc3hx2R9OP4swQtjt86F5ZZzwf1EYhTspb3diOv2'
