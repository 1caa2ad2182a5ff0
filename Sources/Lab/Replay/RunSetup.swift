internal import Foundation
internal import LabPlan
internal import Report
internal import Trace

/// What a run was made with besides its lab, written to `setup.json` when it begins: what `almanac replay` needs.
package struct RunSetup: Codable, Hashable, Sendable {
    /// A kernel of the run.
    package struct Kernel: Codable, Hashable, Sendable {
        package var path: String
        /// The GNU build ID, hexadecimal; nil if it has none.
        package var buildID: String?
        /// Of a kernel without a build ID, the hash of its file, 16 hexadecimal digits.
        package var hash: String?

        /// The kernel at a path, as it is now.
        init(at path: String) {
            self.path = path
            buildID = KernelStore.buildID(of: path)
            hash = buildID == nil ? FileHashes.hash(ofFile: path).map(TraceHash.text) : nil
        }
    }

    /// The image that is the root of machines.
    package struct Image: Codable, Hashable, Sendable {
        /// As the lab has it.
        package var root: String
        /// What it was made from.
        package var digest: String

        /// Nil: the root is no image.
        init?(_ source: RootSource, _ root: PreparedRoot) {
            guard case .image(_, let digest) = root else { return nil }
            self.root = source.text
            self.digest = digest
        }

        /// The images among roots, in the order of their texts.
        static func all(in roots: [RootSource: PreparedRoot]) -> [Image] {
            roots.compactMap(Image.init).sorted { $0.root < $1.root }
        }
    }

    package var toolVersion: String
    /// Hash of the bytes of lab.yaml, 16 hexadecimal digits.
    package var lab: String
    /// The kernel of machines that name none; nil when there are none.
    package var kernel: String?
    /// All kernels of the run, each once.
    package var kernels: [Kernel]
    /// Nil for none.
    package var images: [Image]?
    /// `--guest-mode`.
    package var guestMode: String
    package var sharesMemory: Bool
    package var hasHostRandomness: Bool
    /// What relative paths of `from` in the lab start at.
    package var filesFolder: String
    /// `--artifacts`; nil for none.
    package var artifactsOfFailure: [String]?

    static func hash(ofLab text: String) -> String { TraceHash.text(TraceHash.of(Array(text.utf8))) }
}

extension LabRun {
    /// Writes `setup.json`.
    package func writeSetup(toolVersion: String) throws(RunError) {
        let kernels = machines.compactMap(\.kernel)
        var paths: [String] = []
        for kernel in kernels where !paths.contains(kernel.path) { paths.append(kernel.path) }
        let images = RunSetup.Image.all(in: options.guestFiles?.roots ?? [:])
        let setup = RunSetup(
            toolVersion: toolVersion, lab: RunSetup.hash(ofLab: plan.yaml), kernel: options.kernel,
            kernels: paths.map(RunSetup.Kernel.init(at:)),
            images: images.isEmpty ? nil : images, guestMode: options.guestMode.rawValue,
            sharesMemory: options.sharesMemory,
            hasHostRandomness: options.hasHostRandomness,
            filesFolder: URL(fileURLWithPath: options.filesFolder).standardizedFileURL.path,
            artifactsOfFailure: options.artifactsOfFailure.isEmpty
                ? nil : options.artifactsOfFailure.map(\.text))
        try folder.write(jsonFile(setup), to: RunFolder.setup)
    }
}
