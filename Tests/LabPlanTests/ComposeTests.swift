import Foundation
import LabPlan
import Network
import Testing

/// Compose files become labs, or say what cannot.
struct ComposeTests {
    /// What a file is turned into.
    private func plan(_ text: String, _ variables: [String: String] = [:], files: [String: String] = [:])
        throws -> LabPlan
    {
        try LabFile.parse(
            text, name: "compose.yaml",
            readFile: { (path) throws(TextError) in
                guard let content = files[path] else { throw TextError("there is no such file") }
                return content
            },
            fileSize: { (path) throws(TextError) in
                guard let content = files[path] else { throw TextError("it is not a regular file") }
                return UInt64(content.utf8.count)
            }, variables: variables)
    }

    private func message(_ text: String) -> String {
        do {
            _ = try plan(text)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test func aServiceIsAMachine() throws {
        let plan = try plan(
            """
            name: shop
            services:
              my_web:
                image: web:1.0
                container_name: the_web
                hostname: node1
                entrypoint: /bin/sh -c 'a "b c"'
                command: ["x", "y z"]
                user: "7:8"
                working_dir: /srv
                restart: on-failure:5
                stop_signal: SIGQUIT
                stop_grace_period: 20s
                ulimits: { nofile: { soft: 20000, hard: 40000 }, core: -1 }
                environment: [A=1, B, "C=x=y"]
                env_file: [a.env]
                volumes:
                  - ./page:/www:ro
                  - ./one.conf:/etc/one.conf
                  - data:/data
                  - type: tmpfs
                    target: /cache
                    tmpfs: { size: 1m }
                mem_limit: 1gb
                extra_hosts: ["x.example:10.0.0.9"]
                dns: 10.0.0.53
                networks: { front: { aliases: [www, my_web] }, back: { ipv4_address: 10.9.0.7 } }
                healthcheck: { test: [CMD, probe, "a b"], interval: 1m30s, timeout: 500ms, retries: 5 }
              db: { image: db, networks: [back], healthcheck: { disable: true } }
              job:
                image: job
                depends_on: { my_web: { condition: service_healthy }, db: { condition: service_started } }
                networks: [front]
              cron: { image: cron, depends_on: [job] }
            networks:
              front:
              back: { ipam: { config: [{ subnet: 10.9.0.0/24 }] }, x-almanac: { latency: 30ms } }
            volumes: { data: }
            x-almanac: { until: 60s, seed: 3, images: saved.tar }
            """, ["B": "host"], files: ["one.conf": "1", "./one.conf": "1", "a.env": "A=9\nD='q r'\n"])
        #expect(plan.name == "shop" && plan.seed == 3 && plan.until == 60_000_000_000)
        #expect(plan.machines.map(\.name) == ["my-web", "db", "job", "cron"])
        let web = plan.machines[0]
        #expect(web.software.root?.text == "docker-archive:saved.tar:web:1.0")
        #expect(
            web.software.entrypoint == ["/bin/sh", "-c", "a \"b c\""] && web.software.command == ["x", "y z"])
        #expect(web.software.user == "7:8" && web.software.workingFolder == "/srv")
        #expect(web.software.hostName == "node1" && web.software.restart == .onFailure(limit: 5))
        #expect(
            web.software.limits.map(\.name) == ["nofile", "core"] && web.software.limits[0].hard == 40000
                && web.software.limits[1].soft == nil && web.software.stopGrace == 20_000_000_000)
        #expect(web.software.stopSignal == SignalName("QUIT"))
        #expect(
            web.environment
                == [("D", "q r"), ("A", "1"), ("B", "host"), ("C", "x=y")].map(EnvironmentEntry.init))
        #expect(web.files.map(\.path) == ["/etc/one.conf", "/etc/resolv.conf"] && web.keepsState)
        #expect(
            web.software.mounts == [
                MountPlan(path: "/www", contents: .folder("./page")),
                MountPlan(path: "/cache", contents: .memory(1 << 20)),
            ])
        #expect(plan.machines[1].software.ignoresHealth && plan.machines[1].checks.isEmpty)
        #expect(web.memoryBytes == 1 << 30 && plan.machines[1].memoryBytes == 256 << 20)
        #expect(web.interfaces[0].aliases == ["my_web", "the_web", "www", "my_web"])
        #expect(web.interfaces[1].address == IPv4Address("10.9.0.7"))
        #expect(
            plan.networks.map(\.name) == ["front", "back", "default"]
                && plan.networks[1].latency == 30_000_000)
        #expect(plan.hosts.contains("172.18.0.1 my-web my-web.front my_web the_web www"))
        guard case .health(let health)? = web.checks.last?.schedule else { return #expect(Bool(false)) }
        #expect(health.interval == 90_000_000_000 && health.timeout == 500_000_000 && health.retries == 5)
        #expect(web.checks.last?.words == ["probe", "a b"])
        #expect(
            plan.machines[2].software.after == [
                Dependency(machine: 0, condition: .healthy), Dependency(machine: 1, condition: .started),
            ])
        #expect(plan.machines[3].interfaces.map { plan.networks[$0.network].name } == ["default"])
        // As a lab file it is the same.
        #expect(try LabFile.parse(plan.yaml, name: "lab.yaml") == plan)
    }

    @Test func thePagesFileIsRight() throws {
        let page = try String(contentsOfFile: "\(ReferenceTests.project)/docs/compose.md", encoding: .utf8)
        let file = try #require(ReferenceTests.blocks(page).first)
        #expect(try plan(file).machines.map(\.name) == ["db", "client"])
    }

    @Test func anchorsMergesAndProfiles() throws {
        let text = """
            x-base: &base { image: a, environment: &env { A: 1, B: 2 } }
            services:
              one: { <<: *base, command: [x], environment: { <<: *env, B: 3 } }
              two: { <<: [*base], command: [y], profiles: [debug] }
            """
        var plan = try plan(text)
        #expect(plan.machines.map(\.name) == ["one"])
        #expect(plan.machines[0].environment == [("B", "3"), ("A", "1")].map(EnvironmentEntry.init))
        plan = try self.plan(text, ["COMPOSE_PROFILES": "x,debug"])
        #expect(plan.machines.map(\.name) == ["one", "two"])
    }

    @Test(arguments: [
        ("a$B", "a1"), ("${B}c", "1c"), ("$$B", "$B"), ("${X}", ""), ("${X:-d}", "d"), ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${B:-d}", "1"), ("${B:+o}", "o"), ("${X+o}", ""), ("${X:-${B}2}", "12"), ("${B:?no}", "1"),
        ("${X:-}", ""),
    ]) func variablesAreReplaced(text: String, value: String) throws {
        let plan = try plan(
            "services: { a: { image: i, environment: { V: \"\(text)\" } } }", ["B": "1", "E": ""])
        #expect(plan.machines[0].environment == [EnvironmentEntry(name: "V", value: value)])
    }

    @Test(arguments: [
        ("a: { image: i, environment: { V: \"$\" } }", "1:46: a '$' at its end: write $$"),
        ("a: { image: i, environment: { V: \"${X:?set it}\" } }", "1:46: the variable X is not set: set it"),
        (
            "a: { image: i, environment: { V: \"${X\" } }",
            "1:46: '${' without its '}'"
        ),
        (
            "a: { build: . }",
            "1:25: Almanac does not build images: build it with a container engine, save it, and name it in 'image'"
        ),
        ("a: { command: x }", "1:16: service a has no 'image'"),
        ("a: { image: i, deploy: { replicas: 2 } }", "1:36: 'deploy' of services is not supported yet"),
        ("a: { image: i, volume: [x] }", "1:28: unknown key 'volume' in service a: did you mean 'volumes'?"),
        ("a: { image: i, command: \"x 'y\" }", "1:37: command of service a: a quotation mark has no partner"),
        ("a: { image: i, networks: [n] }", "1:39: there is no network 'n' among the file's 'networks'"),
        ("a: { image: i, depends_on: [b] }", "1:41: there is no machine 'b': did you mean 'a'?"),
        (
            "a: { image: i, depends_on: { a: { condition: up } } }",
            "1:58: condition of a of depends_on of service a must be service_completed_successfully, service_healthy or service_started"
        ),
        (
            "a: { image: i, volumes: [\"v:/d\"] }, b: { image: i, volumes: [\"v:/d\"] }",
            "1:38: volume 'v' is shared by a, b: that is not supported yet"
        ),
        ("a: { image: i, volumes: [\"./x:y\"] }", "1:38: 'y' is not an absolute path"),
        (
            "a: { image: i, mem_limit: lots }",
            "1:39: mem_limit of service a: 'lots' is not a size such as 512m"
        ),
        (
            "a: { image: i, healthcheck: { test: x, interval: 5 } }",
            "1:62: interval of healthcheck of service a: '5' is not a duration such as 1m30s"
        ),
        (
            "a: { image: i, restart: sometimes }",
            "1:37: restart of machine a: 'sometimes' is not no, always, unless-stopped, on-failure or on-failure:5"
        ),
        ("a_b: { image: i }, a-b: { image: i }", "1:32: 'a-b' and 'a_b' would both be machine a-b"),
    ]) func mistakesAreNamed(service: String, expected: String) {
        #expect(message("services: { \(service) }") == "compose.yaml:\(expected)")
    }

    @Test func otherPartsOfAFile() {
        #expect(
            message("services: { a: { image: i } }\nsecrets: { x: {} }").hasPrefix(
                "compose.yaml:2:10: secrets are not supported"))
        #expect(
            message("services: { a: { image: i, networks: [n] } }\nnetworks: { n: { driver: overlay } }")
                .contains("a network of the driver 'overlay' is not supported"))
        #expect(message("services: { a: { image: i, env_file: no.env } }").contains("cannot read 'no.env'"))
        #expect(message("services: [a]").contains("services of the compose file must be a mapping"))
        #expect(
            message("services:\nmachines: { a: { run: [x] } }\nname: x").contains(
                "unknown key 'services' in the lab"))
    }
}
