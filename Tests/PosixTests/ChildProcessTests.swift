import Foundation
import Glibc
import Posix
import SystemPackage
import Testing

import enum Posix.ExitStatus

/// Runs `sh -c script` with its output in `folder`/out.
private func shell(
    _ script: String, in folder: borrowing Folder, environment: [String] = ["PATH=/usr/bin:/bin"],
    options: ChildProcess.Options = []
) throws -> ChildProcess {
    let output = try Posix.open(folder.path + "/out", [.writeOnly, .create, .truncate])
    return try ChildProcess(
        program: "/bin/sh", arguments: ["-c", script], environment: environment, folder: folder.path,
        standardOutput: output, standardError: output, options: options)
}

extension ChildProcess {
    /// Waits for the end by the pidfd, ten seconds at most.
    fileprivate mutating func end() throws -> ExitStatus? {
        var reactor = try Reactor()
        try reactor.add(descriptor, token: 1)
        guard try reactor.wait(milliseconds: 10_000) == 1 else { return nil }
        return try reap()
    }
}

private func isAlive(_ process: Int32) -> Bool {
    // A zombie has no command line and still a number.
    guard let status = contents(of: "/proc/\(process)/stat") else { return false }
    return !status.contains(") Z ")
}

@Test func reportsTheExitStatusOnceAndForGood() throws {
    let folder = Folder()
    var child = try shell("exit 3", in: folder)
    #expect(try child.end() == .exited(3))
    #expect(try child.reap() == .exited(3))
    #expect(throws: Errno.noSuchProcess) { try child.kill(SIGTERM) }
    child.terminateGroup()
    #expect(ExitStatus.exited(3).description == "exited with status 3")
    #expect(ExitStatus.signaled(9).description == "killed by signal 9")
}

@Test(arguments: [SIGTERM, SIGKILL, SIGSEGV])
func reportsTheSignalThatEndedIt(signal: Int32) throws {
    let folder = Folder()
    var child = try shell("exec sleep 100", in: folder)
    #expect(try child.reap() == nil)
    try child.kill(signal)
    #expect(try child.end() == .signaled(signal))
}

@Test func hasTheArgumentsEnvironmentFolderAndNoInput() throws {
    let folder = Folder()
    let output = try Posix.open(folder.path + "/out", [.writeOnly, .create])
    var child = try ChildProcess(
        program: "/usr/bin/env",
        arguments: ["sh", "-c", "cat; pwd; echo \"$1\"; echo bad >&2; cat /proc/$$/environ", "sh", "a b  c"],
        environment: ["PATH=/usr/bin:/bin", "X2=b c", "X1="], folder: folder.path, standardOutput: output,
        standardError: output)
    #expect(try child.end() == .exited(0))
    let expected = "\(folder.path)\na b  c\nbad\nPATH=/usr/bin:/bin\0X2=b c\0X1=\0"
    #expect(contents(of: folder.path + "/out") == expected)
}

@Test func inheritsNoOtherDescriptorAndNoBlockedSignal() throws {
    let folder = Folder()
    // Open on purpose across exec, as a careless library would.
    let leaked = dup(0)
    defer { close(leaked) }
    let source = try SignalSource([SIGUSR1])
    // `exec`, for a shell opens pipes and blocks signals of its own; 3 is the folder that ls reads.
    var child = try shell("exec ls /proc/self/fd", in: folder)
    #expect(try child.end() == .exited(0))
    #expect(contents(of: folder.path + "/out") == "0\n1\n2\n3\n")
    child = try shell("exec grep -E 'Sig(Blk|Ign)' /proc/self/status", in: folder)
    #expect(try child.end() == .exited(0))
    let zeros = "0000000000000000"
    #expect(contents(of: folder.path + "/out") == "SigBlk:\t\(zeros)\nSigIgn:\t\(zeros)\n")
    #expect(try source.next() == nil)
}

@Test func hasTheExtraDescriptor() throws {
    let folder = Folder()
    let output = try Posix.open(folder.path + "/out", [.writeOnly, .create, .append])
    let extra = try Posix.open(folder.path + "/extra", [.writeOnly, .create, .append])
    var child = try ChildProcess(
        program: "/bin/sh", arguments: ["-c", "echo a >&\(ChildProcess.extraNumber); exec ls /proc/self/fd"],
        environment: [], folder: folder.path, standardOutput: output, standardError: output,
        extra: extra.number, options: .readOnlyHost)
    #expect(try child.end() == .exited(0))
    #expect(contents(of: folder.path + "/extra") == "a\n")
    // 4 is the folder that ls reads.
    #expect(contents(of: folder.path + "/out") == "0\n1\n2\n3\n4\n")
}

@Test func saysWhichStepFailed() throws {
    let output = try Posix.open("/dev/null", .writeOnly)
    func failure(_ program: String, folder: String?) -> SpawnError? {
        do throws(SpawnError) {
            _ = try ChildProcess(
                program: program, arguments: [], environment: [], folder: folder, standardOutput: output,
                standardError: output)
            return nil
        } catch {
            return error
        }
    }
    #expect(
        failure("/nonexistent/linux", folder: nil)?.description
            == "cannot start /nonexistent/linux: cannot execute it: No such file or directory")
    #expect(
        failure("/bin/true", folder: "/nonexistent")?.description
            == "cannot start /bin/true: cannot enter its folder: No such file or directory")
    #expect(failure("/etc/passwd", folder: nil)?.errno == .permissionDenied)
    #expect(failure("/bin/true", folder: nil) == nil)
}

@Test func terminatesTheWholeGroup() throws {
    let folder = Folder()
    var child = try shell("sleep 100 & echo $!; wait", in: folder)
    let out = folder.path + "/out"
    #expect(eventually { contents(of: out)?.hasSuffix("\n") == true })
    let line = try #require(contents(of: out))
    let helper = try #require(Int32(line.dropLast()))
    #expect(isAlive(helper))
    child.terminateGroup()
    #expect(try child.end() == .signaled(SIGKILL))
    #expect(eventually { !isAlive(helper) })
}

@Test func whoeverDropsItLeavesNothingBehind() throws {
    let folder = Folder()
    let process: Int32
    do {
        let child = try shell("exec sleep 100", in: folder)
        process = child.processID
        #expect(isAlive(process))
    }
    // Reaped as well: not even a zombie.
    #expect(contents(of: "/proc/\(process)/stat") == nil)
}

@Test func fixedAddressesAreThoseOfEveryRun() throws {
    var layouts: Set<String> = []
    for _ in 0..<3 {
        let folder = Folder()
        var child = try shell(
            "cat /proc/self/personality; grep -E 'stack|heap' /proc/self/maps", in: folder,
            options: .fixedAddresses)
        #expect(try child.end() == .exited(0))
        layouts.insert(contents(of: folder.path + "/out") ?? "")
    }
    #expect(layouts.count == 1)
    #expect(layouts.first?.hasPrefix("00040000\n") == true)
}

/// Root needs a mount namespace; anyone else a user namespace too, which some hosts forbid.
@Test func aReadOnlyHostIsReadOnly() throws {
    let home = unsafe getenv("HOME").map { unsafe String(cString: $0) } ?? "/root"
    let folder = Folder(in: home)
    var child = try shell(
        """
        touch "$HOME/almanac-was-here" && echo bad
        touch here && echo bad
        touch /tmp/almanac-was-here && echo bad
        echo fine > /dev/shm/file && cat /dev/shm/file
        pwd
        """, in: folder, environment: ["PATH=/usr/bin:/bin", "HOME=\(home)"], options: .readOnlyHost)
    #expect(try child.end() == .exited(0))
    let output = try #require(contents(of: folder.path + "/out"))
    let lines = output.split(separator: "\n")
    #expect(lines.count { $0.hasSuffix("Read-only file system") } == 3)
    #expect(Array(lines.suffix(2)) == ["fine", folder.path[...]])
    #expect(!lines.contains("bad"))
    #expect(!exists("\(home)/almanac-was-here"))
    #expect(!exists("/dev/shm/file"))
}

@Test func aFolderInSharedMemoryWorksOnAReadOnlyHost() throws {
    let folder = Folder(in: "/dev/shm")
    var child = try shell("touch here 2> /dev/null || echo fine", in: folder, options: .readOnlyHost)
    #expect(try child.end() == .exited(0))
    #expect(contents(of: folder.path + "/out") == "fine\n")
}

@Test func diesWithTheThreadThatStartedIt() throws {
    let folder = Folder()
    let path = folder.path
    /// What the thread does and finds; it is read after the thread's end.
    final class Box: @unchecked Sendable {
        let path: String
        var process: Int32 = 0
        init(_ path: String) { self.path = path }
    }
    let box = Box(path)
    var thread = pthread_t()
    let made = unsafe pthread_create(
        &thread, nil,
        { argument in
            // Balanced by `passRetained` below.
            let box = unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
            guard let output = try? Posix.open("/dev/null", .writeOnly) else { return nil }
            let child = try? ChildProcess(
                program: "/bin/sleep", arguments: ["100"], environment: [], standardOutput: output,
                standardError: output, options: .diesWithParent)
            guard let child else { return nil }
            box.process = child.processID
            forget(child)
            return nil
        }, Unmanaged.passRetained(box).toOpaque())
    #expect(made == 0)
    #expect(pthread_join(thread, nil) == 0)
    #expect(box.process > 0)
    var status: CInt = 0
    #expect(eventually { unsafe waitpid(box.process, &status, WNOHANG) == box.process })
    #expect(status & 0x7f == SIGKILL)
}

/// Drops a child without its `deinit`, as a crash would.
private func forget(_ child: consuming ChildProcess) {
    let room = UnsafeMutablePointer<ChildProcess>.allocate(capacity: 1)
    unsafe room.initialize(to: child)
    unsafe UnsafeMutableRawPointer(room).deallocate()
}

/// The thread that has given up the counter reads clocks; the dynamic linker of what it starts reads the counter.
@Test func childrenHaveTheCounterThatTheirParentGaveUp() async throws {
    let (before, after, status) = try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            Posix.giveUpCounter()
            continuation.resume(
                with: Result {
                    let folder = Folder()
                    let before = Posix.wallNanoseconds()
                    var child = try shell("date; sleep 0.01", in: folder)
                    let status = try child.end()
                    return (before, Posix.wallNanoseconds(), status)
                })
        }
    }
    #expect(status == .exited(0))
    #expect(after - before >= 10_000_000)
}
