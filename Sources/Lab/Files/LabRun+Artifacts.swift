internal import Foundation
internal import LabPlan
internal import Posix
internal import Simulation
internal import SystemPackage

/// The artifacts of a machine: what is copied out of it, and how far that is.
struct MachineArtifacts {
    /// Name of their folder, in the machine's.
    static let folder = "files"

    /// The patterns that its init receives; nil before it is asked to power off.
    var requested: [ArtifactPattern]?
    /// Nil before the first file.
    var receiver: FileReceiver?
    /// Init has sent all.
    var areComplete = false
}

/// Copies artifacts into the run folder: from each machine that shuts down in order, and from the disks of those that did not.
extension LabRun {
    /// What a machine has to give: what its entry says, and if the run has failed what `--artifacts` says.
    private func artifacts(of machine: Machine, runHasFailed: Bool) -> [ArtifactPattern] {
        guard !machine.isModel, options.visits.stop == nil else { return [] }
        let own = machine.plan.artifacts
        let others = runHasFailed ? options.artifactsOfFailure.filter { !own.contains($0) } : []
        return own + others
    }

    /// The machines are about to be asked to power off: decides what each will be asked for.
    func chooseArtifacts() {
        let runHasFailed = !options.artifactsOfFailure.isEmpty && !passed
        for machine in machines {
            machine.outputs.artifacts.requested = artifacts(of: machine, runHasFailed: runHasFailed)
        }
    }

    /// Tells a machine's init what to send before it powers off. Nothing is sent to a machine without artifacts: its trace stays the same.
    func requestArtifacts(of machine: Machine) {
        guard let patterns = machine.outputs.artifacts.requested, !patterns.isEmpty else { return }
        let limits = FileReceiver.Limits.artifacts
        let request = ControlRequest.artifacts(
            patterns: patterns.map(\.text), bytes: limits.bytes, entries: limits.entries)
        simulation.sendControl(request.frame, machine: machine.index)
    }

    /// A machine's init sends an entry.
    func take(_ entry: FileEntry, of machine: Machine) throws(RunError) {
        guard machine.outputs.artifacts.requested?.isEmpty == false else {
            return try handle(.violated(.init(problem: "its init sent a file without a request")), machine)
        }
        if entry == .end { machine.outputs.artifacts.areComplete = true }
        if entry == .end, machine.outputs.artifacts.receiver == nil { return }
        if let problem = try artifactReceiver(of: machine).take(entry) {
            report(problem: "artifacts: \(problem)", machine: machine)
        }
    }

    private func artifactReceiver(of machine: Machine) throws(RunError) -> FileReceiver {
        if let receiver = machine.outputs.artifacts.receiver { return receiver }
        let path = try folder.makeFolder("machines/\(machine.plan.name)/\(MachineArtifacts.folder)")
        do throws(Errno) {
            let receiver = try FileReceiver(folder: path, limits: .artifacts)
            machine.outputs.artifacts.receiver = receiver
            return receiver
        } catch {
            throw RunError(.environment, "cannot write \(path): \(error)")
        }
    }

    // MARK: Machines that did not shut down

    /// Every process has ended: reads the artifacts of machines that could not send them from their disks, and says which are lost.
    func recoverArtifacts() {
        let runHasFailed = !options.artifactsOfFailure.isEmpty && !passed
        for machine in machines where !machine.outputs.artifacts.areComplete && machine.wasUp {
            let patterns =
                machine.outputs.artifacts.requested ?? artifacts(of: machine, runHasFailed: runHasFailed)
            guard !patterns.isEmpty else { continue }
            guard machine.plan.keepsState else {
                let part = machine.outputs.artifacts.receiver == nil ? "" : "some of "
                machine.problems.append(
                    "\(part)its artifacts are lost with its memory: it did not power off in order; `state: keep` in its entry puts what it writes on a disk"
                )
                continue
            }
            do throws(RunError) {
                try readArtifacts(patterns, fromDiskOf: machine)
            } catch {
                machine.problems.append("artifacts: \(error)")
            }
        }
    }

    private func readArtifacts(_ patterns: [ArtifactPattern], fromDiskOf machine: Machine) throws(RunError) {
        // What was sent is a part of what is on the disk.
        machine.outputs.artifacts.receiver = nil
        try? FileManager.default.removeItem(atPath: "\(machine.folder)/\(MachineArtifacts.folder)")
        let disk = try KeptDisk(path: "\(machine.folder)/\(MachineDisk.fileName)", scratch: machine.folder)
        var copied: [GuestPath] = []
        for path in patterns.compactMap({ GuestPath($0.text) }) {
            if let folder = KeptDisk.memoryFolders.first(where: path.isInside) {
                machine.problems.append("artifacts: \(path) is lost with its memory, which held \(folder)")
            }
            for match in try disk.matches(of: path) where !copied.contains(where: match.path.isInside) {
                copied.append(match.path)
                let receiver = try artifactReceiver(of: machine)
                try disk.copy(match.inode, at: match.path) { entry in
                    if let problem = receiver.take(entry) {
                        machine.problems.append("artifacts: \(problem)")
                    }
                    return !receiver.isFull
                }
            }
        }
        if let problem = machine.outputs.artifacts.receiver?.take(.end) {
            machine.problems.append("artifacts: \(problem)")
        }
    }
}
