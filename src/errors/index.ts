export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './codes.ts'
export { fromFileError, systemCode } from './from-system.ts'
export { type ErrorDetails, isLadingError, LadingError, type Side } from './lading-error.ts'
