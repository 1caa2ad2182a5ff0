internal import ArgumentParser
internal import Foundation
internal import Lab
internal import Posix

/// `almanac doctor`: what is missing on this host?
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what is missing on this host.",
        discussion: "Exits with 0 when labs can run here, with 3 otherwise.")

    /// The result of one examination.
    private enum Finding {
        case fine(String)
        /// Useful; labs run without it.
        case wish(String)
        case missing(String)
    }

    func run() throws {
        let findings =
            [
                installation(), kernel(), guestMode(), guestFiles(), isolation(), owners(), sharedMemory(),
                descriptors(),
            ]
            + tools()
        var isFit = true
        for finding in findings {
            switch finding {
            case .fine(let text): print("ok       \(text)")
            case .wish(let text): print("wish     \(text)")
            case .missing(let text):
                print("missing  \(text)")
                isFit = false
            }
        }
        if !isFit { throw ExitCode(3) }
    }

    private func installation() -> Finding {
        do {
            let found = try Installation.find()
            return .fine("the kernel recipe: \(found.recipe) (\(found.origin))")
        } catch {
            return .missing("\(error)")
        }
    }

    private func kernel() -> Finding {
        do {
            let path = try KernelStore().kernel()
            guard let version = KernelStore.version(of: path) else {
                return .missing("the kernel \(path) does not run on this host")
            }
            return .fine("kernel \(version): \(path)")
        } catch {
            return .missing("kernel: \(error)")
        }
    }

    private func guestMode() -> Finding {
        guard let kernel = try? KernelStore().kernel(),
            let mode = try? ChosenKernel(path: kernel, mode: .auto, machine: "").mode
        else { return .wish("how kernels run their programs is not known without a kernel") }
        switch mode {
        case .seccomp: return .fine("guest mode seccomp: kernels run their programs without tracing them")
        case .ptrace:
            let reason =
                GuestMode.hostCan
                ? "the kernel cannot use seccomp: `almanac kernel build` makes one that can"
                : "this host lets no process use seccomp"
            return .wish("guest mode ptrace, which is slower: \(reason)")
        }
    }

    private func guestFiles() -> Finding {
        do {
            let files = try KernelStore().guestFiles()
            return .fine("the guests' init and entropy library: \(files.initPath), \(files.entropyLibrary)")
        } catch {
            return .missing("the guests' init and entropy library: \(error)")
        }
    }

    /// Guests see the host read-only when a child process can have a mount namespace.
    private func isolation() -> Finding {
        do throws(SpawnError) {
            let null = try openNull()
            var child = try ChildProcess(
                program: "/bin/true", arguments: [], environment: [], standardOutput: null,
                standardError: null,
                options: [.readOnlyHost])
            child.terminateGroup()
            _ = try? child.reap()
            return .fine("guests see the files of this host read-only (mount namespace)")
        } catch {
            return .wish("guests can write what you can write: \(error)")
        }
    }

    private func openNull() throws(SpawnError) -> Descriptor {
        guard let null = try? Posix.open("/dev/null", .readWrite) else {
            preconditionFailure("/dev/null cannot be opened")
        }
        return null
    }

    /// Who runs almanac decides which of the host's files guests can read.
    private func owners() -> Finding {
        HostUser.isRoot
            ? .fine("guests see all files of this host with their owners")
            : .wish(
                "guests cannot read what you cannot, and files of other users look like root's to them: run as root where that matters"
            )
    }

    private func sharedMemory() -> Finding {
        FileManager.default.isWritableFile(atPath: "/dev/shm")
            ? .fine("/dev/shm for the guests' memory")
            : .missing("/dev/shm: guests keep their memory there; mount a tmpfs on it")
    }

    private func descriptors() -> Finding {
        let limit = Posix.descriptorLimit
        return limit >= 1024
            ? .fine("\(limit) descriptors a process")
            : .wish("only \(limit) descriptors a process: enough for about \(limit / 8) machines (ulimit -n)")
    }

    /// What the examples run in their machines, and what builds kernels.
    private func tools() -> [Finding] {
        let wanted = [
            ("ping", "iputils-ping", "Examples/ping.yaml"), ("python3", "python3", "Examples/web.yaml"),
            ("curl", "curl", "Examples/web.yaml"), ("mke2fs", "e2fsprogs", "machines with state: keep"),
            ("make", "make", "almanac kernel build"),
            ("flex", "flex", "almanac kernel build"), ("bison", "bison", "almanac kernel build"),
            ("bc", "bc", "almanac kernel build"), ("xz", "xz-utils", "almanac kernel build"),
        ]
        let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return wanted.map { tool, package, use in
            let path = folders.map { "\($0)/\(tool)" }.first {
                FileManager.default.isExecutableFile(atPath: $0)
            }
            return path.map { .fine($0) } ?? .wish("\(tool), for \(use): install \(package)")
        }
    }
}
