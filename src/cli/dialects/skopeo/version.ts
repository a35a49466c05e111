/** The version of skopeo whose command line is taken here. */
export const skopeoVersion = '1.22.0'
