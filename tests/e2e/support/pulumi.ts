import { spawn } from "node:child_process";
import { serveProgram } from "../../rig/fakes/languageHost";

/**
 * The command `pulumi` for README.md's lines. It is the real CLI; a CLI that was built from source lacks the part that
 * starts Node programs, so that part is done here, as Pulumi.yaml asks, and questions are answered with yes.
 */
async function main(): Promise<number> {
  const real = process.env.REAL_PULUMI as string;
  const given = process.argv.slice(2);
  const [command = ""] = given;
  const runsTheProgram = command === "up" || command === "preview";
  const host = runsTheProgram
    ? await serveProgram({
        folder: process.cwd(),
        main: "index.ts",
        typescript: false,
        nodeArgs: ["--require", "./start.cjs"],
      })
    : undefined;
  const answered = command === "up" ? ["--yes", "--skip-preview"] : [];
  const more = host ? [...answered, `--client=${host.address}`, "--exec-kind=auto.inline"] : [];
  const child = spawn(real, [...given, ...more, "--color=never"], { stdio: "inherit" });
  const code = await new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? 1)));
  host?.stop();
  return code;
}

main().then((code) => process.exit(code));
