import Foundation
import Testing

/// Programs of Debian that `make examples-deps` installs; where they are missing the examples that run them are skipped.
private func isInstalled(_ program: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: program)
}

/// The examples that run programs beyond what `make prepare` installs (docs/examples.md).
extension ExampleTests {
    @Test(.enabled(if: isInstalled("/usr/bin/etcd"), "etcd is not installed: make examples-deps"))
    func etcd() throws {
        let (scratch, _) = try run("etcd")
        let output = scratch.read("out/etcd/machines/writer/1.out")
        // Both faults found their leader, and it was another one the second time.
        let struck = output.matches(of: /(cut|power) off (n[123])/).map { String($0.2) }
        #expect(struck.count == 2 && struck.first != struck.last, "\(output)")
        let kept = output.matches(of: /(the cluster|n[123]): 0 of (\d+) acknowledged writes are lost/)
        #expect(kept.count == 4 && kept.allSatisfy { Int($0.2)! > 200 }, "\(output)")
        // Whoever lost its power has booted twice.
        let booted = scratch.read("out/etcd/machines/\(struck.last ?? "n1")/console.log")
        #expect(booted.matches(of: /Linux version/).count == 2)
    }

    @Test(
        .enabled(
            if: isInstalled("/usr/bin/redis-server") && isInstalled("/usr/bin/redis-cli"),
            "redis is not installed: make examples-deps"))
    func redis() throws {
        let (scratch, _) = try run("redis")
        let output = scratch.read("out/redis/machines/writer/1.out")
        let kept = output.matches(
            of: /r[123] is (slave|master): of (\d+) writes that both replicas acknowledged 0 are lost/)
        #expect(kept.count == 3 && kept.allSatisfy { Int($0.2)! > 500 }, "\(output)")
        #expect(kept.filter { $0.1 == "master" }.count == 1)
        #expect(output.contains("r1 is slave"))
    }

    @Test(.enabled(if: isInstalled("/usr/lib/frr/ospfd"), "FRR is not installed: make examples-deps"))
    func ospf() throws {
        let (scratch, _) = try run("ospf")
        let output = scratch.read("out/ospf/machines/left/1.out")
        let times = output.matches(of: /stands still for ([\d.]+) s/).compactMap { Double($0.1) }
        try #require(times.count == 2, "\(output)")
        #expect(times[0] < 1 && times[1] > 29 && times[1] < 41, "\(output)")
    }

    @Test(.enabled(if: isInstalled("/usr/bin/iperf3"), "iperf3 is not installed: make examples-deps"))
    func tcp() throws {
        let (scratch, _) = try run("tcp")
        let output = scratch.read("out/tcp/machines/client/1.out")
        let share = try #require(output.firstMatch(of: /measured .* Mbit\/s, ([\d.]+)% of it/)?.1)
        #expect(try abs(#require(Double(share)) - 100) <= 20, "\(output)")
    }
}
