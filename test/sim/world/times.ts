/** For how long the world is eventful, in seconds. */
export const eventfulSeconds = 1_800;
