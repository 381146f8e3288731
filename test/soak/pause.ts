// Owns: the soak's pauses: clients that dawdle are part of what it tries.
// Must not: be used to wait for something to have happened.

export async function pause(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}
