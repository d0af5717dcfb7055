/** How long the eventful part of a run lasts, in seconds. */
export const eventfulSeconds = 1_800;
