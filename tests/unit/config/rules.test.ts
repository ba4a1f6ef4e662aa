import fc from "fast-check";
import { formatPath } from "../../../config/report/commands";
import { mailboxName, usableName } from "../../../config/resolve/mailboxes";
import { distinctAddresses } from "../../../config/rules/mailboxes";
import {
  amount,
  byteSize,
  cidr,
  cpuAmount,
  domainName,
  issuerUrl,
  labelValue,
  localPart,
  pinnedImage,
} from "../../../config/rules/values";
import { domain, label } from "./arbitraries";

describe("rules for single values", () => {
  test("the configuration accepts every domain name, and none with a blank, a scheme or a dot at the end", () => {
    fc.assert(
      fc.property(domain, (name) => {
        expect(domainName(name)).toBeUndefined();
        for (const bad of [`${name}.`, ` ${name}`, `https://${name}`, `.${name}`, `${name}/`, `-${name}`]) {
          expect(domainName(bad)).toBeDefined();
        }
      }),
    );
  });

  test("the configuration accepts an issuer that is https and a host, and nothing more", () => {
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

  test("the configuration accepts networks whose prefix fits their address family", () => {
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
    "%s is refused as a network in the configuration",
    (text) => {
      expect(cidr(text)).toBeDefined();
    },
  );

  test("the configuration reads quantities as Kubernetes does", () => {
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

  test("the configuration does not accept an amount of CPU as memory, or memory as CPU", () => {
    expect(byteSize("250m")).toBeDefined();
    expect(byteSize("2")).toBeDefined();
    expect(byteSize("9Ei")).toBeDefined();
    expect(cpuAmount("512Mi")).toBeDefined();
    expect(cpuAmount("0")).toBeDefined();
    expect([byteSize("32Mi"), cpuAmount("5m"), cpuAmount("0.5")]).toEqual([undefined, undefined, undefined]);
  });

  test("the configuration accepts an image with a repository, a tag and a digest only", () => {
    const digest = `@sha256:${"0".repeat(64)}`;
    for (const good of ["fetchmail:6.4", "ghcr.io/a/b-c/d:v1.0_x", "registry.lan:5000/a:1"]) {
      expect(pinnedImage(good + digest)).toBeUndefined();
      expect(pinnedImage(good)).toBeDefined();
      expect(pinnedImage(`${good}${digest}0`)).toBeDefined();
    }
    expect(pinnedImage(`registry.lan:5000/a${digest}`)).toBeDefined();
  });

  test("the configuration accepts the local parts that the mail server accepts", () => {
    for (const good of ["kinga", "kinga.k", "o'brien+news", "a_b", "{x}"]) expect(localPart(good)).toBeUndefined();
    for (const bad of ["", ".a", "a.", "a..b", "a b", "a@b", 'a"b', "a,b", "a\nb", "x".repeat(65)]) {
      expect(localPart(bad)).toBeDefined();
    }
  });

  test("the configuration accepts an empty label value and no blanks in one", () => {
    expect([labelValue(""), labelValue("enabled")]).toEqual([undefined, undefined]);
    expect(labelValue("a b")).toBeDefined();
  });
});

describe("names of mailboxes", () => {
  test("the name of a mailbox may be every DNS label of up to 53 characters", () => {
    fc.assert(fc.property(label, (name) => expect(mailboxName(name)).toBeUndefined()));
    expect(mailboxName("a".repeat(53))).toBeUndefined();
    expect(mailboxName("a".repeat(54))).toBeDefined();
  });

  test("an invalid name of a mailbox gets a valid name as a suggestion, or no suggestion", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const usable = usableName(name);
        expect(usable === undefined ? undefined : mailboxName(usable)).toBeUndefined();
      }),
    );
    expect(usableName("Mary Ann")).toBe("mary-ann");
  });

  test("three mailboxes with the same address are reported twice", () => {
    const drafts = ["a", "b", "c"].map((key) => ({ key, name: key, address: "x@newjoy.ro", aliases: [] }));
    expect(distinctAddresses(drafts).map(({ path }) => formatPath(path))).toEqual([
      "mailboxes.b.address",
      "mailboxes.c.address",
    ]);
  });
});
