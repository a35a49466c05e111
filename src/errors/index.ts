export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './codes.ts'
export { fromFileError, isMissingPackage, systemCode } from './from-system.ts'
export { type ErrorDetails, isLadingError, LadingError, type Side, type Tried } from './lading-error.ts'
