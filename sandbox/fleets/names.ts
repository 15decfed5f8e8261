/** Ids that look like AWS's and are always the same for the same name. */
import { createHash } from 'node:crypto';

export const toHash = (text: string): string => createHash('sha256').update(text).digest('hex');

export const toUuid = (text: string): string =>
  toHash(text).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5');

export const daysBefore = (now: Date, days: number): Date => new Date(now.getTime() - days * 86_400_000);
