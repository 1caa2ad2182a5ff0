import Foundation
import Glibc
import Testing

/// A run does not depend on who runs almanac. As root only, who can become another user.
@Suite(.serialized, .enabled(if: geteuid() == 0, "only root can become another user"))
struct UserTests {
    /// A folder that every user can enter.
    private func scratch() throws -> Scratch {
        let scratch = try Scratch()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
        return scratch
    }

    private func verify(_ arguments: [String], in scratch: Scratch) throws -> Almanac.Outcome {
        try Almanac.run(["verify"] + arguments + ["--vary", "user"], in: scratch.path)
    }

    @Test(arguments: ["ping", "three", "web", "mixed", "sleep"]) func theHashIsTheSame(lab: String) throws {
        let outcome = try verify(["\(Almanac.project)/Examples/\(lab).yaml"], in: try scratch())
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasPrefix("equal: \(lab), 2 runs"))
        #expect(outcome.errors.contains("run 2 of 2: as user nobody"))
    }

    /// Accounts are used and changed in the same way.
    @Test func accountsAreTheSame() throws {
        let scratch = try scratch()
        try scratch.write(
            """
            name: x
            machines:
              a:
                run:
                  - su nobody -s /bin/sh -c id
                  - passwd -S root
                  - useradd -m joe && echo joe:secret | chpasswd && su joe -c 'cd; pwd; touch x; stat -c %U x'
                  - wc -l < /etc/shadow; stat -c '%a %U' /etc/shadow /etc/gshadow; awk -F ':' '{print $2}' /etc/shadow | sort -u
                  - touch /root/x /etc/x /var/lib/x && stat -c '%U' /root/x /etc/x /var/lib/x
            """, to: "lab.yaml")
        let outcome = try verify(["lab.yaml"], in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let run = "out/verify/x/1/machines/a"
        #expect(scratch.read("\(run)/1.out").hasPrefix("uid=65534(nobody)"))
        #expect(scratch.read("\(run)/2.out").hasPrefix("root L "))
        #expect(scratch.read("\(run)/3.out") == "/home/joe\njoe\n")
    }

    /// A user without rights looks at a run of its own, live and afterwards; others may not.
    @Test func anOrdinaryUserLooksInside() throws {
        let scratch = try scratch()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: scratch.path)
        let kernel = try Almanac.kernel(in: scratch)
        try FileManager.default.copyItem(atPath: kernel, toPath: "\(scratch.path)/linux")
        try scratch.write(
            "name: x\nmachines: { a: { run: ['for i in $(seq 9); do sleep 1; done; ls /root/mark'] } }\n",
            to: "lab.yaml")
        let line = """
            export XDG_CACHE_HOME=$PWD/cache
            $ALMANAC run lab.yaml --kernel $PWD/linux --no-report --hold 3s 2> held & run=$!
            while ! grep -q '^held at' held; do sleep 0.1; done
            $ALMANAC exec out/x a 'id -u; touch /root/mark' && $ALMANAC resume out/x && wait $run || exit
            $ALMANAC replay out/x --at 5s --exec a 'ls /root/mark' --get a:/root/mark mark || exit
            echo 'id -u; exit 6' | $ALMANAC replay out/x --at 5s --shell a
            """
        try scratch.write(line, to: "script")
        let outcome = try Almanac.shell(
            "setpriv --reuid=65534 --regid=65534 --clear-groups /bin/sh script", in: scratch.path)
        #expect(outcome.status == 6, "\(outcome.output)\(outcome.errors)\(scratch.read("held"))")
        #expect(
            outcome.output.hasSuffix("0\n") && outcome.output.contains("/root/mark\n"), "\(outcome.output)")
        #expect(scratch.exists("mark"))
    }

    /// It would be found: the file is root's alone.
    @Test func whatOnlyRootReadsDiffers() throws {
        let scratch = try scratch()
        let secret = "/var/tmp/almanac-test-\(UInt32.random(in: 0 ... .max))"
        try "secret".write(toFile: secret, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: secret) }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
        try scratch.write("name: x\nmachines: { a: { run: ['cat \(secret); true'] } }\n", to: "lab.yaml")
        let outcome = try verify(["lab.yaml"], in: scratch)
        #expect(outcome.status == 1, "\(outcome.output)")
        // The command is named by its text.
        #expect(outcome.output.contains("command 1 (cat /var/tmp/almanac-test-"), "\(outcome.output)")
        #expect(
            outcome.output.contains("files that differ: machines/a/1.out (cat /var/tmp/"), "\(outcome.output)"
        )
    }

    /// A folder that the other user cannot enter: asking for the condition is an error, and by default it is left out.
    @Test func whatTheUserCannotReachIsSaid() throws {
        let scratch = try Scratch()
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: scratch.path)
        try scratch.write("name: x\nmachines: { a: { run: ['true'] } }\n", to: "lab.yaml")
        let outcome = try verify(["lab.yaml"], in: scratch)
        #expect(outcome.status == 2)
        #expect(
            outcome.errors.hasPrefix("almanac: --vary user: user nobody cannot read /"), "\(outcome.errors)")
        let other = try Almanac.run(["verify", "lab.yaml"], in: scratch.path)
        #expect(other.status == 0, "\(other.output)\(other.errors)")
        #expect(!other.errors.contains("nobody"))
    }
}
