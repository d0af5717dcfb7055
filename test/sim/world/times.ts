/** How long the eventful part of a story lasts, in seconds. */
export const eventfulSeconds = 1_800;
