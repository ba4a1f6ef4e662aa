import { FromEnvironment, type PhpValue } from "../../../../components/webmail/php";

/** Reads the PHP expressions that a configuration is made of, by PHP's own rules for single quotes. */
export class PhpReader {
  private at = 0;

  constructor(private readonly text: string) {}

  /** Every `$config['name'] = value;` of a file, in order. */
  static options(file: string): Map<string, PhpValue> {
    const options = new Map<string, PhpValue>();
    const reader = new PhpReader(file);
    for (;;) {
      const next = file.indexOf("$config[", reader.at);
      if (next < 0) return options;
      reader.at = next;
      reader.expect("$config[");
      const name = reader.quoted();
      reader.expect("] = ");
      options.set(name, reader.value());
      reader.expect(";\n");
    }
  }

  static read(expression: string): PhpValue {
    const reader = new PhpReader(expression);
    const value = reader.value();
    if (reader.at !== expression.length) throw new Error(`trailing text at ${reader.at} of ${expression}`);
    return value;
  }

  private value(): PhpValue {
    const rest = this.text.slice(this.at);
    if (rest.startsWith("'")) return this.quoted();
    if (rest.startsWith("[")) return this.list();
    if (rest.startsWith("getenv(")) {
      this.expect("getenv(");
      const variable = this.quoted();
      this.expect(")");
      return new FromEnvironment(variable);
    }
    const word = /^(true|false|-?\d+)/.exec(rest)?.[0];
    if (word === undefined) throw new Error(`no PHP value at ${this.at} of ${this.text}`);
    this.at += word.length;
    return word === "true" || word === "false" ? word === "true" : Number(word);
  }

  private quoted(): string {
    this.expect("'");
    let out = "";
    while (this.text[this.at] !== "'") {
      if (this.at >= this.text.length) throw new Error("unterminated string");
      // A backslash escapes a quote or a backslash; before anything else it is a backslash.
      if (this.text[this.at] === "\\" && /[\\']/.test(this.text[this.at + 1] ?? "")) this.at += 1;
      out += this.text[this.at];
      this.at += 1;
    }
    this.at += 1;
    return out;
  }

  private list(): PhpValue {
    this.expect("[");
    const items: PhpValue[] = [];
    const map: Record<string, PhpValue> = {};
    while (this.text[this.at] !== "]") {
      if (items.length + Object.keys(map).length > 0) this.expect(", ");
      const item = this.value();
      if (this.text.startsWith(" => ", this.at)) {
        this.expect(" => ");
        map[String(item)] = this.value();
      } else items.push(item);
    }
    this.expect("]");
    return Object.keys(map).length > 0 ? map : items;
  }

  private expect(text: string): void {
    if (!this.text.startsWith(text, this.at)) throw new Error(`expected ${text} at ${this.at} of ${this.text}`);
    this.at += text.length;
  }
}
