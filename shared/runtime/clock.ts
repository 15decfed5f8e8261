/** The present, as ISO 8601 UTC. Only collecting and running a scan may ask; checks take `collectedAt`. */
export const toNow = (): string => new Date().toISOString();
