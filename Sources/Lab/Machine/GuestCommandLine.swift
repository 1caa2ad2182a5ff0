internal import LabPlan
internal import Network
internal import Posix

/// How a machine's kernel is started. Everything here is the same in every run of a lab, wherever its folders are:
/// paths are relative to the machine's folder in the run folder, which is the kernel's working folder.
enum GuestCommandLine {
    /// Name of the calendar's socket in the run folder.
    static let calendarSocket = "calendar.socket"
    /// Name of the control device's socket in the machine's folder.
    static let controlSocket = "control.socket"

    /// Name of the entropy device's socket in the machine's folder.
    static let entropySocket = "entropy.socket"

    /// Name of the socket of the disk with the machine's root, in the machine's folder.
    static let rootSocket = "root.socket"

    /// Name of the disk's socket in the machine's folder.
    static let diskSocket = "disk.socket"

    /// Name of an interface's socket in the machine's folder.
    static func interfaceSocket(_ interface: String) -> String { "\(interface).socket" }

    /// The kernel's arguments, without the program.
    ///
    /// - Parameters:
    ///   - kernel: the kernel.
    ///   - startName: what the machine calls itself to the calendar.
    ///   - root: what the kernel and init take for the root.
    ///   - initPath: the guest's init, as a path of the host.
    ///   - stateFolder: where the kernel keeps its own files (umid).
    static func arguments(
        plan: MachinePlan, kernel: ChosenKernel, startName: UInt64, root: Root, initPath: String,
        stateFolder: String
    )
        -> [String]
    {
        var arguments = [
            "mem=\(plan.memoryBytes >> 10)K",
            "umid=\(plan.name)",
            "uml_dir=\(stateFolder)/",
            "time-travel=ext:\(startName):../../\(calendarSocket)",
            "root=/dev/root", "rootfstype=hostfs", "rootflags=\(root.folder)", "ro",
            parameter("init", root.path(initPath)),
            "con=null", "con0=null,fd:1", "ssl=null",
            // The kernel's built-in interfaces are off: the lab file lists all interfaces.
            "mac80211_hwsim.radios=0", "bonding.max_bonds=0", "dummy.numdummies=0",
            "virtio_uml.device=\(controlSocket):\(VirtioDeviceID.console)",
        ]
        for interface in plan.interfaces {
            arguments.append("virtio_uml.device=\(interfaceSocket(interface.name)):\(VirtioDeviceID.network)")
        }
        arguments.append("virtio_uml.device=\(entropySocket):\(VirtioDeviceID.entropy)")
        arguments += kernel.mode.arguments
        // The kernel hands what it does not know to init, in the environment.
        if let machineRoot = root.machineRoot { arguments.append(parameter("machine_root", machineRoot)) }
        if root.isImage { arguments.append("virtio_uml.device=\(rootSocket):\(VirtioDeviceID.block)") }
        if plan.keepsState { arguments.append("virtio_uml.device=\(diskSocket):\(VirtioDeviceID.block)") }
        // Kernel/patches/polling.patch
        if plan.pollingLimit > 0, kernel.knowsPolling { arguments.append("polling=\(plan.pollingLimit)") }
        return arguments
    }

    /// What the kernel boots from, and what its init takes for the machine's root.
    struct Root {
        /// The folder of the host that the kernel boots from.
        var folder = "/"
        /// For init: `image`, or a path of the host; nil: the host's root.
        var machineRoot: String?

        var isImage: Bool { machineRoot == Self.image }

        /// What init takes for an image on the first disk.
        private static let image = "image"

        /// - Parameter isIsolated: the kernel's process has a /dev/shm of its own, with init and what is shown to it.
        init(_ root: PreparedRoot?, isIsolated: Bool) {
            switch root {
            case nil: break
            case .folder(let path): machineRoot = isIsolated ? ChildProcess.shownFolderPath : path
            case .image:
                machineRoot = Self.image
                // Nothing of the host is to be seen but init.
                if isIsolated { folder = "/dev/shm" }
            }
        }

        /// A path of the host as the kernel finds it.
        func path(_ path: String) -> String {
            folder == "/" ? path : String(path.dropFirst(folder.count))
        }
    }

    /// The kernel's parser takes a value with spaces in quotation marks.
    private static func parameter(_ name: String, _ value: String) -> String {
        value.contains(" ") ? "\(name)=\"\(value)\"" : "\(name)=\(value)"
    }

    /// The environment of the kernel's process. Nothing of the user's leaks into a guest; what the kernel asks of the host's
    /// getrandom comes from the lab's seed.
    ///
    /// - Parameters:
    ///   - boot: how often the machine has booted, this time included: each time it gets other random numbers.
    ///   - seed: the lab's; nil leaves the kernel the host's randomness.
    static func environment(plan: MachinePlan, boot: Int, seed: UInt64?, entropyLibrary: String) -> [String] {
        let fixed = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "TERM=dumb", "LANG=C"]
        guard let seed else { return fixed }
        let name = "entropy of \(plan.name)" + (boot > 1 ? ", boot \(boot)" : "")
        var generator = SplitMix64(seed: seed, name: name)
        let digits = String(generator.next(), radix: 16)
        return fixed + [
            "LD_PRELOAD=\(entropyLibrary)",
            "ALMANAC_ENTROPY=\(String(repeating: "0", count: 16 - digits.count))\(digits)",
            "ALMANAC_FILES=\(ChildProcess.extraNumber)",
        ]
    }
}

/// Device numbers of the virtio specification (1.2, section 5).
enum VirtioDeviceID {
    static let network = 1
    static let block = 2
    static let console = 3
    static let entropy = 4
}
