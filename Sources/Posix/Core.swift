internal import CAlmanac
internal import Glibc

/// A processor core that this process and its children keep to, and that no other run on this machine takes.
package struct Core: ~Copyable {
    /// Its number.
    package let number: Int
    private let claim: Descriptor

    /// Takes the first core this process may use that no other run has claimed, and moves this process to it. Nil when
    /// all are taken or there is just one. The claim is a socket name that the kernel forgets with its owner.
    package static func claim() -> Core? {
        let allowed = (0..<sysconf(Int32(_SC_NPROCESSORS_CONF))).filter { calmanac_may_use_core(CInt($0)) }
        guard allowed.count > 1 else { return nil }
        for number in allowed.reversed() {
            let socket = unsafe calmanac_claim_name("almanac-core-\(number)")
            guard socket >= 0 else { continue }
            let claim = Descriptor(owning: socket)
            guard calmanac_use_core(CInt(number)) == 0 else { return nil }
            return Core(number: number, claim: claim)
        }
        return nil
    }

    /// Gives the claim up. The process stays where it is.
    package consuming func release() {}
}

extension Posix {
    /// How many descriptors this process may have open.
    package static var descriptorLimit: Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit of open descriptors as far as it may be.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
