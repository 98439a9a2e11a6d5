/**
 * Those messages of the container runtime interface that the tests write and read, with the names of the protocol.
 *
 * @see https://github.com/kubernetes/cri-api/blob/v0.31.4/pkg/apis/runtime/v1/api.proto
 * @module
 */

/** Whose namespace a container gets: its pod's, its own, the node's, or that of another container. */
export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET";

export interface NamespaceOption {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly target_id?: string;
}

export interface PodSandboxConfig {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  readonly hostname?: string;
  readonly log_directory: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly linux: {
    readonly cgroup_parent: string;
    readonly security_context: { readonly namespace_options: NamespaceOption };
  };
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: { readonly image: string };
  readonly command: readonly string[];
  readonly log_path: string;
  readonly linux: {
    readonly security_context: { readonly namespace_options: NamespaceOption };
  };
}

export interface PodSandboxStatus {
  readonly id: string;
  readonly state: "SANDBOX_READY" | "SANDBOX_NOTREADY";
  readonly network: { readonly ip: string } | null;
}

export interface ContainerStatus {
  readonly id: string;
  readonly state:
    | "CONTAINER_CREATED"
    | "CONTAINER_RUNNING"
    | "CONTAINER_EXITED"
    | "CONTAINER_UNKNOWN";
  readonly exit_code: number;
  readonly reason: string;
  readonly message: string;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface Image {
  readonly id: string;
  readonly repo_tags: readonly string[];
  readonly repo_digests: readonly string[];
  /** Left alone when images are collected. */
  readonly pinned: boolean;
}

/** The service that runs pods and containers. */
export interface RuntimeService {
  Version(request: { readonly version?: string }): Promise<{
    readonly runtime_name: string;
    readonly runtime_version: string;
    readonly runtime_api_version: string;
  }>;
  Status(request: { readonly verbose?: boolean }): Promise<{
    readonly status: { readonly conditions: readonly RuntimeCondition[] };
  }>;
  RunPodSandbox(request: {
    readonly config: PodSandboxConfig;
  }): Promise<{ readonly pod_sandbox_id: string }>;
  StopPodSandbox(request: { readonly pod_sandbox_id: string }): Promise<unknown>;
  RemovePodSandbox(request: { readonly pod_sandbox_id: string }): Promise<unknown>;
  PodSandboxStatus(request: {
    readonly pod_sandbox_id: string;
    readonly verbose?: boolean;
  }): Promise<{
    readonly status: PodSandboxStatus;
    readonly info: Readonly<Record<string, string>>;
  }>;
  ListPodSandbox(request: Readonly<Record<string, never>>): Promise<{
    readonly items: readonly { readonly id: string }[];
  }>;
  CreateContainer(request: {
    readonly pod_sandbox_id: string;
    readonly config: ContainerConfig;
    readonly sandbox_config: PodSandboxConfig;
  }): Promise<{ readonly container_id: string }>;
  StartContainer(request: { readonly container_id: string }): Promise<unknown>;
  /** `timeout` is in seconds, from SIGTERM to SIGKILL. */
  StopContainer(request: {
    readonly container_id: string;
    readonly timeout: number;
  }): Promise<unknown>;
  RemoveContainer(request: { readonly container_id: string }): Promise<unknown>;
  ContainerStatus(request: {
    readonly container_id: string;
  }): Promise<{ readonly status: ContainerStatus }>;
  ListContainers(request: Readonly<Record<string, never>>): Promise<{
    readonly containers: readonly { readonly id: string }[];
  }>;
  /** `timeout` is in seconds. */
  ExecSync(request: {
    readonly container_id: string;
    readonly cmd: readonly string[];
    readonly timeout: number;
  }): Promise<{
    readonly stdout: Uint8Array;
    readonly stderr: Uint8Array;
    readonly exit_code: number;
  }>;
}

/** The service that has images. */
export interface ImageService {
  ListImages(
    request: Readonly<Record<string, never>>,
  ): Promise<{ readonly images: readonly Image[] }>;
  ImageStatus(request: {
    readonly image: { readonly image: string };
  }): Promise<{ readonly image: Image | null }>;
  PullImage(request: {
    readonly image: { readonly image: string };
  }): Promise<{ readonly image_ref: string }>;
  RemoveImage(request: { readonly image: { readonly image: string } }): Promise<unknown>;
}
