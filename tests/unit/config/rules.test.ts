import fc from "fast-check";
import { formatPath, removeCommand, setCommand, setSecretCommand, shellWord } from "../../../config/paths";
import { amount } from "../../../config/quantity";
import { distinctAddresses, mailboxName, usableName } from "../../../config/rules/mailboxes";
import { byteSize, cpuAmount } from "../../../config/rules/quantities";
import { cidr, domainName, issuerUrl, labelValue, localPart, pinnedImage } from "../../../config/rules/values";
import { editDistance, nearest } from "../../../config/suggest";
import { domain, label } from "./arbitraries";

describe("rules for single values", () => {
  test("every domain is one, and none with a blank, a scheme or a dot at the end", () => {
    fc.assert(
      fc.property(domain, (name) => {
        expect(domainName(name)).toBeUndefined();
        for (const bad of [`${name}.`, ` ${name}`, `https://${name}`, `.${name}`, `${name}/`, `-${name}`]) {
          expect(domainName(bad)).toBeDefined();
        }
      }),
    );
  });

  test("an issuer is https and a host, and not a letter more", () => {
    fc.assert(
      fc.property(
        domain,
        fc.webPath().filter((path) => path.length > 0),
        (host, path) => {
          expect(issuerUrl(`https://${host}`)).toBeUndefined();
          expect(issuerUrl(`https://${host}${path}`)).toBeDefined();
          expect(issuerUrl(`http://${host}`)).toBeDefined();
          expect(issuerUrl(`https://${host.toUpperCase()}`)).toBeDefined();
        },
      ),
    );
  });

  test("networks have a prefix that fits their family", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 200 }), (address, bits) => {
        expect(cidr(`${address}/${bits}`) === undefined).toBe(bits <= 32);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 200 }), (address, bits) => {
        expect(cidr(`${address}/${bits}`) === undefined).toBe(bits <= 128);
      }),
    );
  });

  test.each(["10.0.0.0", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/08", "fe80::1%eth0/64", "/8", "a/8"])(
    "%s is no network",
    (text) => {
      expect(cidr(text)).toBeDefined();
    },
  );

  test("quantities are read as Kubernetes reads them", () => {
    expect([amount("10Gi"), amount("1.5Ki"), amount("250m"), amount("1e3"), amount(".5"), amount("2.")]).toEqual([
      10 * 2 ** 30,
      1536,
      0.25,
      1000,
      0.5,
      2,
    ]);
    for (const text of ["", "Gi", "10GB", "10 Gi", "1.2.3", "-1", "0x10", "10gi", "1e1000"]) {
      expect(amount(text)).toBeUndefined();
    }
  });

  test("no amount of CPU is taken for memory, nor the other way round", () => {
    expect(byteSize("250m")).toBeDefined();
    expect(byteSize("2")).toBeDefined();
    expect(byteSize("9Ei")).toBeDefined();
    expect(cpuAmount("512Mi")).toBeDefined();
    expect(cpuAmount("0")).toBeDefined();
    expect([byteSize("32Mi"), cpuAmount("5m"), cpuAmount("0.5")]).toEqual([undefined, undefined, undefined]);
  });

  test("an image has a repository, a tag and a digest", () => {
    const digest = `@sha256:${"0".repeat(64)}`;
    for (const good of ["fetchmail:6.4", "ghcr.io/a/b-c/d:v1.0_x", "registry.lan:5000/a:1"]) {
      expect(pinnedImage(good + digest)).toBeUndefined();
      expect(pinnedImage(good)).toBeDefined();
      expect(pinnedImage(`${good}${digest}0`)).toBeDefined();
    }
    expect(pinnedImage(`registry.lan:5000/a${digest}`)).toBeDefined();
  });

  test("addresses are what the mail server accepts", () => {
    for (const good of ["kinga", "kinga.k", "o'brien+news", "a_b", "{x}"]) expect(localPart(good)).toBeUndefined();
    for (const bad of ["", ".a", "a.", "a..b", "a b", "a@b", 'a"b', "a,b", "a\nb", "x".repeat(65)]) {
      expect(localPart(bad)).toBeDefined();
    }
  });

  test("a label's value may be empty and has no blanks", () => {
    expect([labelValue(""), labelValue("enabled")]).toEqual([undefined, undefined]);
    expect(labelValue("a b")).toBeDefined();
  });
});

describe("names of mailboxes", () => {
  test("every DNS label of up to 53 characters is one", () => {
    fc.assert(fc.property(label, (name) => expect(mailboxName(name)).toBeUndefined()));
    expect(mailboxName("a".repeat(53))).toBeUndefined();
    expect(mailboxName("a".repeat(54))).toBeDefined();
  });

  test("for any other name, one that works is proposed, or none", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const usable = usableName(name);
        expect(usable === undefined ? undefined : mailboxName(usable)).toBeUndefined();
      }),
    );
    expect(usableName("Mary Ann")).toBe("mary-ann");
  });

  test("three mailboxes with one address are two mistakes", () => {
    const drafts = ["a", "b", "c"].map((key) => ({ key, name: key, address: "x@newjoy.ro", aliases: [] }));
    expect(distinctAddresses(drafts).map(({ path }) => formatPath(path))).toEqual([
      "mailboxes.b.address",
      "mailboxes.c.address",
    ]);
  });
});

describe("suggestions", () => {
  test("a slip of the pen is one edit", () => {
    expect(editDistance("pasword", "password")).toBe(1);
    expect(editDistance("stroage", "storage")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
  });

  test("distance is the same both ways and zero only for equals", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test("a word that resembles nothing gets no suggestion", () => {
    expect(nearest("colour", ["domain", "hosts", "storage"])).toBeUndefined();
    expect(nearest("host", ["domain", "hosts", "storage"])).toBe("hosts");
    expect(nearest("class", ["className", "size"])).toBe("className");
  });
});

describe("commands", () => {
  test("--path is there when the key has parts, and only then", () => {
    expect(setCommand(["domain"], "newjoy.ro")).toBe("pulumi config set domain newjoy.ro");
    expect(setSecretCommand(["relay", "password"])).toBe("pulumi config set --secret --path relay.password");
    expect(removeCommand(["mailboxes.kinga"])).toBe("pulumi config rm mailboxes.kinga");
  });

  test("keys with dots, items of lists and blanks survive the shell", () => {
    expect(setCommand(["storage", "labels", "example.org/a"], "b c")).toBe(
      `pulumi config set --path 'storage.labels["example.org/a"]' 'b c'`,
    );
    expect(setCommand(["cluster", "networks", 0], "10.0.0.0/8")).toBe(
      "pulumi config set --path 'cluster.networks[0]' 10.0.0.0/8",
    );
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });

  test("a plain value under a key that sounds secret is set as plain", () => {
    expect(setCommand(["tls", "secretName"], "newjoy-ro-tls")).toBe(
      "pulumi config set --plaintext --path tls.secretName newjoy-ro-tls",
    );
  });

  test("no word escapes its quotes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const word = shellWord(text);
        const unquoted = word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word;
        expect(unquoted).toBe(text);
        if (!word.startsWith("'")) expect(word).toMatch(/^[\w@%+=:,./-]+$/);
      }),
    );
  });
});
