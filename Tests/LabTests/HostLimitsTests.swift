import LabPlan
import Testing

@testable import Lab

/// A lab that needs more than the host has does not begin, and the message names both numbers.
struct HostLimitsTests {
    private func plan(_ machines: String) throws -> LabPlan {
        try LabFile.parse(
            "name: x\nuntil: 1s\nnetworks: { lan: { subnet: 10.0.0.0/16 } }\nmachines:\n\(machines)\n",
            name: "x.yaml")
    }

    private let roomy = HostFacts(
        descriptors: 1 << 20, mappings: 1 << 20, processes: .init(value: 1 << 20, setting: "s"),
        watches: 1 << 20, memory: .init(value: 1 << 40, setting: "memory and swap"))

    /// The message for 500 machines on a host that has less of one thing.
    private func message(_ change: (inout HostFacts) -> Void) throws -> String? {
        var host = roomy
        change(&host)
        let limits = HostLimits(try plan("  m: { count: 500, memory: 40M, networks: [lan] }"))
        do throws(RunError) { try limits.check(host) } catch {
            #expect(error.kind == .environment)
            return error.description
        }
        return nil
    }

    @Test func enough() throws {
        #expect(try message { _ in } == nil)
        #expect(try message { $0 = HostFacts(descriptors: 6564) } == nil)
    }

    @Test func eachLimitIsNamed() throws {
        let lab = "this lab of 500 machines needs "
        #expect(
            try message { $0.descriptors = 1024 } == lab
                + "6564 open files, and this process may have 1024: raise the limit (ulimit -n 6564, or LimitNOFILE)"
        )
        #expect(
            try message { $0.mappings = 1000 } == lab
                + "2512 memory mappings, and this process may have 1000: raise the limit (sysctl vm.max_map_count=2512)"
        )
        #expect(
            try message { $0.watches = 1000 } == lab
                + "6008 watched descriptors, and this user may have 1000: raise the limit "
                + "(sysctl fs.epoll.max_user_watches=6008)")
        #expect(
            try message { $0.processes = .init(value: 77, setting: "ulimit -u") } == lab
                + "at least 1500 processes, and this host has room for 77: raise the limit (ulimit -u)")
        #expect(
            try message { $0.memory = .init(value: 8 << 30, setting: "memory and swap") } == lab
                + "at least 10500 MiB of memory, and this host has 8192 MiB (memory and swap): start fewer machines"
        )
        #expect(try message { $0.memory = .init(value: 12 << 30, setting: "memory and swap") } == nil)
    }

    @Test func thisHostSaysWhatItHas() {
        let host = HostFacts.current()
        #expect(host.descriptors > 0 && (host.mappings ?? 0) > 0 && (host.watches ?? 0) > 0)
        #expect(
            (host.processes?.value ?? 0) > 0 && (host.memory?.value ?? 0) > 0)
    }
}
