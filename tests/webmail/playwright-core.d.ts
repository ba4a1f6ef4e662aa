// biome-ignore-all lint/suspicious/noExplicitAny: stands in for the package's own types where it is not installed
declare module "playwright-core" {
  export type Browser = any;
  export type BrowserContext = any;
  export type Page = any;
  export const chromium: any;
}
