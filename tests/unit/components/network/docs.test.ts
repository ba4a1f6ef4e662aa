import { readFileSync } from "node:fs";
import { join } from "node:path";
import { open, type Source } from "../../../live/support/table";

const text = readFileSync(join(__dirname, "../../../../docs/reference/network.md"), "utf8");
const [head = [], , ...rows] = text
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const sources: Record<string, Source> = {
  Stalwart: "stalwart",
  "a fetcher": "fetchmail",
  "the webmail": "roundcube",
  "settings Jobs": "settings",
  "any other pod in the stack's namespace": "stranger",
  "a pod in another namespace": "another namespace",
  "the ingress controller's namespace": "the ingress' namespace",
};
/** The column, and the ports that it stands for when the cell says only "yes" or that nothing holds it back. */
const columns: Record<string, readonly [string, readonly number[]]> = {
  Stalwart: ["stalwart", []],
  "webmail 8000": ["webmail", [8000]],
  "fetcher 8081 (metrics)": ["fetcher", [8081]],
  provider: ["provider", [993, 465]],
  "issuer 443": ["issuer", [443]],
  DNS: ["DNS", [53]],
};

function openPorts(cells: readonly string[]): string[] {
  return head.slice(1).flatMap((column, n) => {
    const [name, ports] = columns[column] as readonly [string, readonly number[]];
    const cell = cells[n] as string;
    if (cell === "–") return [];
    const said = cell === "yes" || cell === "as it may" ? ports : cell.split(", ").map(Number);
    return said.map((port) => `${name} ${port}`);
  });
}

test.each(Object.entries(sources))(
  "the row of the docs for %s lists the ports that the live suite tests",
  (row, source) => {
    const cells = rows.find(([first]) => first === row) ?? [];
    expect(openPorts(cells.slice(1)).sort()).toEqual([...open[source]].sort());
  },
);

test("every row of the network docs is tested except the one for users, who are not pods", () => {
  expect(rows.map(([first]) => first).filter((row) => !((row as string) in sources))).toEqual([
    "users, through the Service `stalwart-mail`",
  ]);
});
