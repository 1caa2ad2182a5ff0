import Foundation
import LabPlan
import Models
import Network
import Testing

struct LabFileTests {
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Files that machines get copies of are looked for when the lab file is read.
    @Test func copiedFilesAreMeasured() throws {
        func outcome(_ files: String) -> String {
            let text = "name: x\nuntil: 1s\nmachines:\n  m:\n    files:\n\(files)"
            do {
                _ = try LabFile.parse(
                    text, name: "lab.yaml",
                    fileSize: { (path) throws(TextError) in
                        guard let size = UInt64(path) else { throw TextError("there is no such file") }
                        return size
                    })
                return "read"
            } catch {
                return "\(error)"
            }
        }
        #expect(outcome("      /a: { from: 67108864 }") == "read")
        #expect(outcome("      /a: { from: 67108863 }\n      /b: x") == "read")
        #expect(
            outcome("      /a: { from: 67108863 }\n      /b: { from: 2 }")
                == "lab.yaml:7:11: with '/b' the files of this machine have 67108865 bytes; at most 67108864 are "
                + "copied. Machines see the host's files anyway")
        #expect(
            outcome("      /a: x\n      /b: { from: page.html }")
                == "lab.yaml:7:11: cannot read 'page.html': there is no such file")
    }

    @Test func theLabOrANetworkIsCaptured() throws {
        func captured(_ lab: String, _ network: String) throws -> [Bool] {
            let text = """
                name: x
                until: 1s
                \(lab)
                networks: { a: { \(network) }, b: {} }
                machines: { m: { networks: [a, b] } }
                """
            let plan = try LabFile.parse(text, name: "lab.yaml")
            let again = try LabFile.parse(plan.yaml, name: "resolved.yaml")
            #expect(again.networks.map(\.capture) == plan.networks.map(\.capture))
            return plan.networks.map(\.capture)
        }
        #expect(try captured("", "") == [false, false])
        #expect(try captured("capture: true", "") == [true, true])
        #expect(try captured("capture: true", "capture: false") == [false, true])
        #expect(try captured("", "capture: true") == [true, false])
    }

    @Test func theFirstExample() throws {
        let text = try String(contentsOfFile: "\(Self.project)/Examples/ping.yaml", encoding: .utf8)
        let plan = try LabFile.parse(text, name: "ping.yaml")
        #expect(plan.name == "ping" && plan.seed == 1)
        #expect(plan.startNanoseconds == 1_767_225_600_000_000_000)
        #expect(plan.networks.map(\.latency) == [5_000_000])
        #expect(plan.machines.map(\.name) == ["m1", "m2"])
        #expect(plan.machines.map(\.memoryBytes) == [64 << 20, 64 << 20])
        #expect(
            plan.machines.flatMap(\.interfaces).compactMap(\.address).map(\.description) == [
                "10.0.0.1", "10.0.0.2",
            ])
        #expect(plan.machines[0].commands.map(\.command) == ["ping -c 1000 m2"])
        #expect(plan.hosts.contains("10.0.0.2 m2 m2.lan\n"))
    }

    @Test func modelsAndGroups() throws {
        let plan = try LabFile.parse(
            """
            name: models
            networks:
              a: { subnet: 10.0.0.0/24, mtu: 100 }
              b: { subnet: 10.1.0.0/24 }
            machines:
              asker:
                model: { kind: ping, to: echoer, count: 3, size: 72, timeout: 2s }
                count: 3
                networks: [a]
              echoer: { model: echo, count: 2, networks: [b, a] }
              source:
                model: { kind: traffic, to: 10.1.0.77, rate: 5, distribution: exponential }
                networks: { b: 10.1.0.9 }
              real: { count: 2, networks: [a], run: [ls] }
            """, name: "x")
        #expect(
            plan.machines.map(\.name) == [
                "asker1", "asker2", "asker3", "echoer1", "echoer2", "source", "real1", "real2",
            ])
        // The third asks the first again, by its address on the network they share.
        let peers = plan.machines.prefix(3).compactMap { $0.model?.settings.entries.first?.value }
        let addresses = ["10.0.0.4", "10.0.0.5", "10.0.0.4"].map { IPv4Address($0)! }
        #expect(
            peers == [
                .peer(name: "echoer1", address: addresses[0]), .peer(name: "echoer2", address: addresses[1]),
                .peer(name: "echoer1", address: addresses[2]),
            ])
        #expect(
            plan.machines.flatMap { $0.commands.map(\.command) } == [
                "ping -c 3 echoer1", "ping -c 3 echoer2", "ping -c 3 echoer1", "echo port 7", "echo port 7",
                "traffic 5/s udp 10.1.0.77", "ls", "ls",
            ])
        #expect(
            plan.machines.map { $0.commands[0].background } == [
                false, false, false, true, true, true, false, false,
            ])
        #expect(try LabFile.parse(plan.yaml, name: "resolved") == plan)
    }

    @Test func everythingAtOnce() throws {
        let plan = try LabFile.parse(
            """
            name: all
            seed: 18446744073709551615
            start: 2031-02-03T04:05:06.5+01:00
            until: 1h30min
            timeout: 2min
            networks:
              a: { subnet: 10.0.0.0/29, latency: 0s, mtu: 9000 }
              b: {}
            machines:
              one:
                kernel: /some/linux
                memory: 1.5G
                networks: [a, b]
                env: { X: "1", EMPTY: }
                files: { /a/b: "text", /c: { content: "#!/bin/sh", mode: "0755" }, /d: { from: x } }
                routes: { default: 10.0.0.3, 10.9.0.0/16: 10.0.0.4 }
                forward: true
                run:
                  - "true"
                  - { command: serve, background: true, stop-signal: SIGINT }
                  - { command: stay, expect: running }
                  - { command: late, at: 1.5s, expect: 7 }
                  - { command: whatever, expect: any }
              two: { networks: { a: { address: 10.0.0.1, mac: "02:00:00:00:00:09" } } }
              three: { networks: { a: } }
            """, name: "x")
        #expect(plan.seed == .max && plan.until == 5_400_000_000_000 && plan.timeout == 120_000_000_000)
        #expect(plan.failFast == nil)
        #expect(RFC3339.format(plan.startNanoseconds) == "2031-02-03T03:05:06.500000000Z")
        let one = plan.machines[0]
        #expect(one.memoryBytes == 3 << 29 && one.forwards && one.kernel == "/some/linux")
        // 10.0.0.1 is another's own wish; what is left out goes in the order of the file.
        #expect(one.interfaces.map { $0.address?.description } == ["10.0.0.2", nil])
        #expect(plan.machines[2].interfaces[0].address?.description == "10.0.0.3")
        #expect(plan.machines[1].interfaces[0].mac.description == "02:00:00:00:00:09")
        #expect(one.environment.map(\.value) == ["1", ""])
        #expect(one.files.map(\.mode) == [0o644, 0o755, 0o644])
        #expect(one.routes.map { $0.destination?.description } == [nil, "10.9.0.0/16"])
        #expect(one.commands.map(\.background) == [false, true, true, false, false])
        #expect(
            one.commands.map(\.expectation) == [.status(0), .statusOrRunning(0), .running, .status(7), .any])
        #expect(one.commands[1].stopSignal.number == 2 && one.commands[3].at == 1_500_000_000)
        #expect(try LabFile.parse(plan.yaml, name: "again") == plan)
    }

    @Test func namesDecideTheAddressesOfInterfaces() throws {
        func macs(_ machines: [String]) throws -> [String: MACAddress] {
            let entries = machines.map { "  \($0): { networks: [n], run: [x] }\n" }.joined()
            let plan = try LabFile.parse("name: x\nnetworks: { n: {} }\nmachines:\n\(entries)", name: "x")
            return Dictionary(uniqueKeysWithValues: plan.machines.map { ($0.name, $0.interfaces[0].mac) })
        }
        let few = try macs(["b", "c"])
        let more = try macs(["a", "b", "new", "c"])
        #expect(few["b"] == more["b"] && few["c"] == more["c"])
        #expect(Set(more.values).count == 4)
        #expect(more.values.allSatisfy { $0.isLocal && !$0.isGroup })
    }

    @Test func settings() throws {
        let text = "name: x\nnetworks: { n: {} }\nmachines: { a: { networks: [n], run: [one, two] } }\n"
        let plan = try LabFile.parse(
            text, name: "x",
            settings: [
                "seed=9", "networks.n.latency=3ms", "machines.a.memory=128M", "machines.a.run.1=three",
                "until=5s",
                "machines.b={run: [four]}",
            ])
        #expect(plan.seed == 9 && plan.networks[0].latency == 3_000_000 && plan.until == 5_000_000_000)
        #expect(plan.machines[0].memoryBytes == 128 << 20)
        #expect(plan.machines.map { $0.commands.map(\.command) } == [["one", "three"], ["four"]])
        func message(_ setting: String) -> String {
            do {
                _ = try LabFile.parse(text, name: "x", settings: [setting])
                return "accepted"
            } catch { return error.description }
        }
        #expect(message("seed=x").hasPrefix("--set seed=x: seed of the lab must be a whole number"))
        #expect(message("machines.a.memroy=1G").hasSuffix("did you mean 'memory'?"))
        #expect(message("nothing") == "--set nothing: a setting is KEY=VALUE, as in seed=7")
        #expect(
            message("machines.a.run.7=x")
                == "--set machines.a.run.7=x: '7' is not the number of an element, from 0")
        #expect(message("name.x=1") == "--set name.x=1: there are no keys below a plain value, so no 'x'")
    }
}
