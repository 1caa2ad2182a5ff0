internal import Calendar
internal import Foundation
package import LabPlan
package import Report
package import Trace

/// A run folder, as the recording of a run that can be repeated.
package struct RecordedRun {
    package let folder: String
    package let setup: RunSetup
    /// Nil when the run was killed.
    package let summary: RunSummary?

    /// - Throws: when the folder is none of a run, is being written, or holds too little to repeat the run.
    package init(folder: String) throws(RunError) {
        let results = RunResults(of: folder)
        let manager = FileManager.default
        guard results.isThere else { throw RunError(.usage, "\(folder): there is no such run folder") }
        guard manager.fileExists(atPath: "\(folder)/\(RunFolder.lab)") else {
            throw RunError(.usage, "\(folder) is no run folder: it has no \(RunFolder.lab)")
        }
        guard !results.isBeingWritten else {
            throw RunError(.usage, "\(folder): its run continues; replay it when it has ended")
        }
        guard let data = manager.contents(atPath: "\(folder)/\(RunFolder.setup)"),
            let setup = try? JSONDecoder().decode(RunSetup.self, from: data)
        else {
            throw RunError(
                .usage,
                "\(folder) has no readable \(RunFolder.setup): it is the folder of a replay, or an older almanac made it; run the lab again"
            )
        }
        guard manager.fileExists(atPath: results.trace) else {
            throw RunError(.usage, "\(folder) has no trace: run the lab again without --trace off")
        }
        self.folder = folder
        self.setup = setup
        summary = results.summary
    }

    /// Path of the lab with all defaults.
    package var labPath: String { "\(folder)/\(RunFolder.lab)" }

    /// What visitors did to it.
    package func input() throws(RunError) -> [RecordedInput] {
        let path = "\(folder)/\(RunFolder.input)"
        return FileManager.default.fileExists(atPath: path) ? try RecordedInput.read(path) : []
    }

    /// Opens its trace.
    package func trace() throws(RunError) -> RecordedTrace {
        try RecordedTrace(path: "\(folder)/\(RunFolder.trace)")
    }

    /// Checks that machines have the images that they had in the run.
    package func check(_ roots: [RootSource: PreparedRoot]) throws(RunError) {
        let images = RunSetup.Image.all(in: roots)
        for image in setup.images ?? [] {
            guard let present = images.first(where: { $0.root == image.root }), present != image else {
                continue
            }
            throw RunError(
                .environment,
                "\(image.root) is not the run's image: it is \(present.digest), that of the run \(image.digest)"
            )
        }
    }

    /// Checks that the run can be repeated here.
    ///
    /// - Returns: what differs from then and may change what happens, a line each.
    /// - Throws: when the lab was edited, or a kernel is gone or another one.
    package func differences(toolVersion: String) throws(RunError) -> [String] {
        let text = (try? String(contentsOfFile: labPath, encoding: .utf8)) ?? ""
        guard RunSetup.hash(ofLab: text) == setup.lab else {
            throw RunError(
                .usage,
                "\(labPath) was edited since its run: replay needs it as it was; `almanac run` runs the new one"
            )
        }
        for kernel in setup.kernels {
            guard FileManager.default.fileExists(atPath: kernel.path) else {
                throw RunError(
                    .environment,
                    "the run's kernel \(kernel.path) is not there any more: build it again, or run the lab again"
                )
            }
            let present = RunSetup.Kernel(at: kernel.path)
            guard present.buildID == kernel.buildID else {
                throw RunError(
                    .environment,
                    "\(kernel.path) is not the run's kernel: its build ID is \(present.buildID ?? "none"), that of the run \(kernel.buildID ?? "none")"
                )
            }
            guard kernel.hash == nil || present.hash == kernel.hash else {
                throw RunError(
                    .environment,
                    "\(kernel.path) is not the run's kernel: it has no build ID, and its contents differ")
            }
        }
        var differences: [String] = []
        if setup.toolVersion != toolVersion {
            differences.append("the run was made by almanac \(setup.toolVersion), this is \(toolVersion)")
        }
        if setup.hasHostRandomness {
            differences.append(
                "the run had the host's random numbers (--host-randomness): it does not repeat")
        } else if let list = HostFileList(ofRun: folder) {
            differences += list.changes()
        } else {
            differences.append(
                "the run has no \(RunFolder.hostFiles): whether files of the host have changed is unknown")
        }
        return differences
    }
}

/// The events of a recorded run, in order.
package struct RecordedTrace {
    private let reader: TraceReader

    package init(path: String) throws(RunError) {
        do throws(TraceError) {
            reader = try TraceReader(path: path)
        } catch {
            throw RunError(error)
        }
    }

    package var header: TraceHeader { reader.header }

    /// The next event; nil at the end of the file.
    package func next() throws(RunError) -> TraceEvent? {
        do throws(TraceError) { return try reader.next() } catch { throw RunError(error) }
    }

    /// The next event that replays are compared by: not a turn, a grant, a message of the calendar or a device's notification.
    ///
    /// - Returns: nil at the end of the file, or when the next one is not earlier than `end`.
    func next(before end: Instant) throws(RunError) -> TraceEvent? {
        while let event = try next() {
            guard event.time < end else { return nil }
            if !event.kind.isDetail { return event }
        }
        return nil
    }
}
