/** What stands below the list of commands. */
export const generalHelp = `
References:
  alpine, ghcr.io/org/app:v1                an image in a registry, as docker pull reads it
  local://./images/app:v1                   an image in a bucket on this disk; the tag is required
  local:///srv/images//org/app:v1           the same, // marks where the bucket ends and the image begins
  oci:path/to/layout:name                   an image in an OCI layout

Examples:
  lading copy alpine local://./images/alpine:latest
  lading list local://./images/
  lading inspect alpine

Other command lines:
  lading skopeo, lading s3lo                those of skopeo and s3lo; a link of that name takes them too

Environment:
  REGISTRY_AUTH_FILE                        the file that holds the credentials
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY         as everywhere; NO_PROXY takes CIDR blocks too
  NO_COLOR                                  no colour
  LADING_DEBUG=1                            HTTP requests, and the stack of an error

\`lading COMMAND --help\` shows what a command takes.
`
