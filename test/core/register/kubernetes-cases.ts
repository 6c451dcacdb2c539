/** A template as YAML, and what is wrong with it: `PGnnn path`, paths from the PodTemplateSpec. */
export type KubernetesCase = readonly [name: string, podTemplate: string, ...problems: readonly string[]];

/** A template of one sidecar with these fields. */
const sidecar = (fields: string, spec = ''): string => `spec: {containers: [{name: a, image: a:1, ${fields}}]${spec}}`;
const volume = (source: string): string => `spec: {volumes: [{name: v, ${source}}]}`;
const at = 'spec.containers[0]';

const namesKeysAndNumbers: readonly KubernetesCase[] = [
  ['a container’s name', 'spec: {containers: [{name: A_b, image: a:1}]}', 'PG034 spec.containers[0].name'],
  [
    'a name of 64 characters',
    `spec: {volumes: [{name: ${'a'.repeat(64)}, emptyDir: {}}]}`,
    'PG034 spec.volumes[0].name',
  ],
  ['a name of 63 characters', `spec: {volumes: [{name: ${'a'.repeat(63)}, emptyDir: {}}]}`],
  ['a label’s key', 'metadata: {labels: {"a b": c}}', 'PG034 metadata.labels[a b]'],
  [
    'a label’s key with a bad prefix',
    'metadata: {labels: {"EXAMPLE.org/a": c}}',
    'PG034 metadata.labels[EXAMPLE.org/a]',
  ],
  ['a label’s key with two slashes', 'metadata: {labels: {"a/b/c": d}}', 'PG034 metadata.labels[a/b/c]'],
  ['a label’s key with a prefix', 'metadata: {labels: {example.org/a_B.c: d}}'],
  ['a label’s value', 'metadata: {labels: {a: "b c"}}', 'PG034 metadata.labels.a'],
  ['an empty label’s value', 'metadata: {labels: {a: ""}}'],
  ['an annotation’s key, in upper case', 'metadata: {annotations: {"EXAMPLE.org/a": "anything goes"}}'],
  ['an annotation’s key', 'metadata: {annotations: {"a b": c}}', 'PG034 metadata.annotations[a b]'],
  ['a node’s label', 'spec: {nodeSelector: {a: "b/c"}}', 'PG034 spec.nodeSelector.a'],
  ['an account’s name', 'spec: {serviceAccountName: A}', 'PG034 spec.serviceAccountName'],
  [
    'an image with a space in front',
    'spec: {containers: [{name: a, image: " a:1"}]}',
    'PG034 spec.containers[0].image',
  ],
  ['env names may be nearly anything', sidecar('env: [{name: "a.b-1 c", value: x}]')],
  ['but not with =', sidecar('env: [{name: a=b}]'), `PG034 ${at}.env[0].name`],
  ['an envFrom prefix', sidecar('envFrom: [{prefix: ä, secretRef: {name: s}}]'), `PG034 ${at}.envFrom[0].prefix`],
  ['port 0', sidecar('ports: [{containerPort: 0}]'), `PG034 ${at}.ports[0].containerPort`],
  ['port 65536', sidecar('ports: [{containerPort: 65536}]'), `PG034 ${at}.ports[0].containerPort`],
  ['hostPort 65536', sidecar('ports: [{containerPort: 1, hostPort: 65536}]'), `PG034 ${at}.ports[0].hostPort`],
  ['hostPort 0 is unset', sidecar('ports: [{containerPort: 1, hostPort: 0}]')],
  ['a port’s name without a letter', sidecar('ports: [{containerPort: 1, name: "80"}]'), `PG034 ${at}.ports[0].name`],
  [
    'a port’s name of 16 characters',
    sidecar(`ports: [{containerPort: 1, name: ${'a'.repeat(16)}}]`),
    `PG034 ${at}.ports[0].name`,
  ],
  ['a port’s name with --', sidecar('ports: [{containerPort: 1, name: a--b}]'), `PG034 ${at}.ports[0].name`],
  [
    'two ports of one name',
    sidecar('ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]'),
    `PG035 ${at}.ports[1].name`,
  ],
  ['activeDeadlineSeconds 0', 'spec: {activeDeadlineSeconds: 0}', 'PG034 spec.activeDeadlineSeconds'],
  [
    'a host’s alias that is no address',
    'spec: {hostAliases: [{ip: 10.0.0.256, hostnames: [a]}]}',
    'PG034 spec.hostAliases[0].ip',
  ],
  [
    'an address with a leading zero',
    'spec: {hostAliases: [{ip: 010.0.0.1, hostnames: [a]}]}',
    'PG034 spec.hostAliases[0].ip',
  ],
  ['an IPv6 address', 'spec: {hostAliases: [{ip: "fd00::1", hostnames: [a.b]}]}'],
  [
    'an IPv6 address with a zone',
    'spec: {hostAliases: [{ip: "fe80::1%eth0", hostnames: [a]}]}',
    'PG034 spec.hostAliases[0].ip',
  ],
  ['a host’s name', 'spec: {hostAliases: [{ip: 10.0.0.1, hostnames: [A]}]}', 'PG034 spec.hostAliases[0].hostnames[0]'],
  [
    'a nameserver that is a name',
    'spec: {dnsConfig: {nameservers: [ns.example.org]}}',
    'PG034 spec.dnsConfig.nameservers[0]',
  ],
  [
    'four nameservers',
    'spec: {dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}}',
    'PG034 spec.dnsConfig.nameservers',
  ],
  ['search paths', 'spec: {dnsConfig: {searches: [., a.b., _tcp.c]}}'],
  ['a search path with a space', 'spec: {dnsConfig: {searches: [a b]}}', 'PG034 spec.dnsConfig.searches[0]'],
  [
    '33 search paths',
    `spec: {dnsConfig: {searches: [${Array.from({ length: 33 }, (_, index) => `s${index}`).join(', ')}]}}`,
    'PG034 spec.dnsConfig.searches',
  ],
  [
    'a DNS option without a name',
    'spec: {dnsConfig: {options: [{value: "1"}]}}',
    'PG033 spec.dnsConfig.options[0].name',
  ],
  ['dnsPolicy None without nameservers', 'spec: {dnsPolicy: None}', 'PG034 spec.dnsPolicy'],
  [
    'a readiness gate',
    'spec: {readinessGates: [{conditionType: "a b"}]}',
    'PG034 spec.readinessGates[0].conditionType',
  ],
  [
    'a hostname override of 65 characters',
    `spec: {hostnameOverride: ${'a.'.repeat(32)}a}`,
    'PG034 spec.hostnameOverride',
  ],
  ['another operating system', 'spec: {os: {name: plan9}}', 'PG032 spec.os.name'],
  [
    'a claim with two sources',
    'spec: {resourceClaims: [{name: a, resourceClaimName: b, resourceClaimTemplateName: c}]}',
    'PG034 spec.resourceClaims[0].resourceClaimTemplateName',
  ],
  ['a claim without a source', 'spec: {resourceClaims: [{name: a}]}', 'PG033 spec.resourceClaims[0]'],
];
const nodeTerm = (term: string): string =>
  `spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [${term}]}}}}`;
const nodePath = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
const podTerm = (term: string): string =>
  `spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{${term}}]}}}`;
const podPath = 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]';
const spread = (fields: string): string =>
  `spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, ${fields}}]}`;
const spreadPath = 'spec.topologySpreadConstraints[0]';

const scheduling: readonly KubernetesCase[] = [
  ['a toleration of everything', 'spec: {tolerations: [{operator: Exists}]}'],
  [
    'a toleration without key and operator',
    'spec: {tolerations: [{effect: NoSchedule}]}',
    'PG034 spec.tolerations[0].operator',
  ],
  [
    'Exists with a value',
    'spec: {tolerations: [{key: a, operator: Exists, value: b}]}',
    'PG034 spec.tolerations[0].value',
  ],
  [
    'Equal with a value that no label can have',
    'spec: {tolerations: [{key: a, value: "b c"}]}',
    'PG034 spec.tolerations[0].value',
  ],
  [
    'Gt, which is behind a gate',
    'spec: {tolerations: [{key: a, operator: Gt, value: "1"}]}',
    'PG032 spec.tolerations[0].operator',
  ],
  ['a key', 'spec: {tolerations: [{key: "a b"}]}', 'PG034 spec.tolerations[0].key'],
  ['an effect', 'spec: {tolerations: [{key: a, effect: Never}]}', 'PG032 spec.tolerations[0].effect'],
  [
    'tolerationSeconds without NoExecute',
    'spec: {tolerations: [{key: a, tolerationSeconds: 0}]}',
    'PG034 spec.tolerations[0].effect',
  ],
  ['tolerationSeconds with NoExecute', 'spec: {tolerations: [{key: a, effect: NoExecute, tolerationSeconds: 0}]}'],
  ['no term', nodeTerm(''), `PG033 ${nodePath}`],
  ['an empty term', nodeTerm('{}')],
  [
    'In without values',
    nodeTerm('{matchExpressions: [{key: a, operator: In}]}'),
    `PG033 ${nodePath}[0].matchExpressions[0].values`,
  ],
  [
    'Exists with values',
    nodeTerm('{matchExpressions: [{key: a, operator: Exists, values: [b]}]}'),
    `PG034 ${nodePath}[0].matchExpressions[0].values`,
  ],
  [
    'Gt with two values',
    nodeTerm('{matchExpressions: [{key: a, operator: Gt, values: ["1", "2"]}]}'),
    `PG034 ${nodePath}[0].matchExpressions[0].values`,
  ],
  [
    'a key that is no label',
    nodeTerm('{matchExpressions: [{key: "a b", operator: Exists}]}'),
    `PG034 ${nodePath}[0].matchExpressions[0].key`,
  ],
  [
    'a value that is no label’s',
    nodeTerm('{matchExpressions: [{key: a, operator: In, values: ["b c"]}]}'),
    `PG034 ${nodePath}[0].matchExpressions[0].values[0]`,
  ],
  [
    'an unknown operator',
    nodeTerm('{matchExpressions: [{key: a, operator: Is, values: [b]}]}'),
    `PG032 ${nodePath}[0].matchExpressions[0].operator`,
  ],
  ['a node’s name', nodeTerm('{matchFields: [{key: metadata.name, operator: In, values: [n]}]}')],
  [
    'another field of a node',
    nodeTerm('{matchFields: [{key: spec.id, operator: In, values: [n]}]}'),
    `PG034 ${nodePath}[0].matchFields[0].key`,
  ],
  [
    'two names of a node',
    nodeTerm('{matchFields: [{key: metadata.name, operator: In, values: [n, m]}]}'),
    `PG034 ${nodePath}[0].matchFields[0].values`,
  ],
  [
    'an operator that fields don’t have',
    nodeTerm('{matchFields: [{key: metadata.name, operator: Exists}]}'),
    `PG032 ${nodePath}[0].matchFields[0].operator`,
  ],
  [
    'weight 0',
    'spec: {affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, preference: {}}]}}}',
    'PG034 spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight',
  ],
  [
    'weight 101',
    'spec: {affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, podAffinityTerm: {topologyKey: z}}]}}}',
    'PG034 spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight',
  ],
  ['a term without topologyKey', podTerm('labelSelector: {}'), `PG033 ${podPath}.topologyKey`],
  ['an empty topologyKey', podTerm("topologyKey: ''"), `PG033 ${podPath}.topologyKey`],
  ['a namespace', podTerm('topologyKey: z, namespaces: [A]'), `PG034 ${podPath}.namespaces[0]`],
  [
    'a label selector’s operator',
    podTerm('topologyKey: z, labelSelector: {matchExpressions: [{key: a, operator: Gt, values: ["1"]}]}'),
    `PG032 ${podPath}.labelSelector.matchExpressions[0].operator`,
  ],
  [
    'a label selector’s value',
    podTerm('topologyKey: z, labelSelector: {matchExpressions: [{key: a, operator: In, values: ["b c"]}]}'),
    `PG034 ${podPath}.labelSelector.matchExpressions[0].values[0]`,
  ],
  [
    'a label selector’s labels',
    podTerm('topologyKey: z, namespaceSelector: {matchLabels: {"a b": c}}'),
    `PG034 ${podPath}.namespaceSelector.matchLabels[a b]`,
  ],
  [
    'matchLabelKeys without a selector',
    podTerm('topologyKey: z, matchLabelKeys: [a]'),
    `PG034 ${podPath}.matchLabelKeys`,
  ],
  [
    'mismatchLabelKeys without a selector',
    podTerm('topologyKey: z, mismatchLabelKeys: [a]'),
    `PG034 ${podPath}.mismatchLabelKeys`,
  ],
  [
    'one key in both',
    podTerm('topologyKey: z, labelSelector: {}, matchLabelKeys: [a], mismatchLabelKeys: [a]'),
    `PG034 ${podPath}.matchLabelKeys[0]`,
  ],
  [
    'a key in the selector too',
    podTerm('topologyKey: z, labelSelector: {matchExpressions: [{key: a, operator: Exists}]}, matchLabelKeys: [b, a]'),
    `PG034 ${podPath}.matchLabelKeys[1]`,
  ],
  [
    'maxSkew 0',
    'spec: {topologySpreadConstraints: [{maxSkew: 0, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}]}',
    `PG034 ${spreadPath}.maxSkew`,
  ],
  ['minDomains with ScheduleAnyway', spread('minDomains: 2'), `PG034 ${spreadPath}.minDomains`],
  [
    'matchLabelKeys of a constraint',
    spread('labelSelector: {matchLabels: {a: b}}, matchLabelKeys: [a]'),
    `PG034 ${spreadPath}.matchLabelKeys[0]`,
  ],
];

const containers: readonly KubernetesCase[] = [
  [
    'a value and a valueFrom',
    sidecar('env: [{name: A, value: x, valueFrom: {secretKeyRef: {name: s, key: k}}}]'),
    `PG034 ${at}.env[0].valueFrom`,
  ],
  [
    'an empty value and a valueFrom',
    sidecar("env: [{name: A, value: '', valueFrom: {secretKeyRef: {name: s, key: k}}}]"),
  ],
  [
    'two sources',
    sidecar('env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}, configMapKeyRef: {name: s, key: k}}}]'),
    `PG034 ${at}.env[0].valueFrom.configMapKeyRef`,
  ],
  ['no source', sidecar('env: [{name: A, valueFrom: {}}]'), `PG033 ${at}.env[0].valueFrom`],
  [
    'a key of a Secret',
    sidecar('env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: a/b}}}]'),
    `PG034 ${at}.env[0].valueFrom.secretKeyRef.key`,
  ],
  [
    'no name of a Secret',
    sidecar('env: [{name: A, valueFrom: {secretKeyRef: {key: k}}}]'),
    `PG033 ${at}.env[0].valueFrom.secretKeyRef.name`,
  ],
  [
    'two envFrom sources in one',
    sidecar('envFrom: [{secretRef: {name: s}, configMapRef: {name: c}}]'),
    `PG034 ${at}.envFrom[0].configMapRef`,
  ],
  ['no envFrom source', sidecar('envFrom: [{prefix: a}]'), `PG033 ${at}.envFrom[0]`],
  ['a field of the pod', sidecar('env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels[\'a.b/c\']"}}}]')],
  [
    'a label’s key in it',
    sidecar('env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.labels[\'a b\']"}}}]'),
    `PG034 ${at}.env[0].valueFrom.fieldRef.fieldPath`,
  ],
  [
    'an annotation’s key in it',
    sidecar('env: [{name: A, valueFrom: {fieldRef: {fieldPath: "metadata.annotations[\'A.B/c\']"}}}]'),
  ],
  [
    'all labels, which only a volume can have',
    sidecar('env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]'),
    `PG032 ${at}.env[0].valueFrom.fieldRef.fieldPath`,
  ],
  [
    'a version of the pod',
    sidecar('env: [{name: A, valueFrom: {fieldRef: {apiVersion: v2, fieldPath: metadata.name}}}]'),
    `PG034 ${at}.env[0].valueFrom.fieldRef.apiVersion`,
  ],
  ['a resource', sidecar('env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}]')],
  [
    'a resource of hugepages',
    sidecar('env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.hugepages-2Mi, divisor: 1Mi}}}]'),
  ],
  [
    'an unknown resource',
    sidecar('env: [{name: A, valueFrom: {resourceFieldRef: {resource: cpu}}}]'),
    `PG032 ${at}.env[0].valueFrom.resourceFieldRef.resource`,
  ],
  [
    'a divisor',
    sidecar('env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1m}}}]'),
    `PG034 ${at}.env[0].valueFrom.resourceFieldRef.divisor`,
  ],
  [
    'a fileKeyRef to another volume',
    sidecar('env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: a/../b, key: k}}}]'),
    `PG034 ${at}.env[0].valueFrom.fileKeyRef.path`,
  ],
  [
    'a mount path with a colon',
    sidecar("volumeMounts: [{name: v, mountPath: 'a:b'}]"),
    `PG034 ${at}.volumeMounts[0].mountPath`,
  ],
  ['an empty mount path', sidecar("volumeMounts: [{name: v, mountPath: ''}]"), `PG033 ${at}.volumeMounts[0].mountPath`],
  [
    'an absolute subPath',
    sidecar('volumeMounts: [{name: v, mountPath: /a, subPath: /b}]'),
    `PG034 ${at}.volumeMounts[0].subPath`,
  ],
  [
    'a subPath with ..',
    sidecar('volumeMounts: [{name: v, mountPath: /a, subPath: b/../c}]'),
    `PG034 ${at}.volumeMounts[0].subPath`,
  ],
  [
    'subPath and subPathExpr',
    sidecar('volumeMounts: [{name: v, mountPath: /a, subPath: b, subPathExpr: c}]'),
    `PG034 ${at}.volumeMounts[0].subPathExpr`,
  ],
  [
    'recursiveReadOnly without readOnly',
    sidecar('volumeMounts: [{name: v, mountPath: /a, recursiveReadOnly: Enabled}]'),
    `PG034 ${at}.volumeMounts[0].recursiveReadOnly`,
  ],
  [
    'recursiveReadOnly with propagation',
    sidecar(
      'volumeMounts: [{name: v, mountPath: /a, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer}]',
    ),
    `PG034 ${at}.volumeMounts[0].recursiveReadOnly`,
  ],
  [
    'recursiveReadOnly Sometimes',
    sidecar('volumeMounts: [{name: v, mountPath: /a, recursiveReadOnly: Sometimes}]'),
    `PG032 ${at}.volumeMounts[0].recursiveReadOnly`,
  ],
  [
    'Bidirectional in a container that isn’t privileged',
    sidecar('volumeMounts: [{name: v, mountPath: /a, mountPropagation: Bidirectional}]'),
    `PG034 ${at}.volumeMounts`,
  ],
  [
    'a device of a volume that is an emptyDir',
    sidecar('volumeDevices: [{name: v, devicePath: /dev/v}]', ', volumes: [{name: v, emptyDir: {}}]'),
    'PG034 spec.volumes',
  ],
  ['a device of a volume that the pod brings', sidecar('volumeDevices: [{name: v, devicePath: /dev/v}]')],
  [
    'a device’s path with ..',
    sidecar('volumeDevices: [{name: v, devicePath: /dev/../v}]'),
    `PG034 ${at}.volumeDevices[0].devicePath`,
  ],
  [
    'a limit under its request',
    sidecar('resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 500m, memory: 1024Mi}}'),
    `PG034 ${at}.resources.requests.cpu`,
  ],
  ['a negative amount', sidecar("resources: {requests: {cpu: '-1'}}"), `PG034 ${at}.resources.requests.cpu`],
  ['a resource without a prefix', sidecar('resources: {limits: {gpu: 1}}'), `PG034 ${at}.resources.limits.gpu`],
  ['a resource with a prefix', sidecar('resources: {limits: {example.org/gpu: 1}}')],
  [
    'a part of a device',
    sidecar("resources: {limits: {example.org/gpu: '0.5'}}"),
    `PG034 ${at}.resources.limits[example.org/gpu]`,
  ],
  [
    'a device requested without limit',
    sidecar('resources: {requests: {example.org/gpu: 2}, limits: {example.org/gpu: 3}}'),
    `PG034 ${at}.resources.limits`,
  ],
  [
    'a resource that begins with requests.',
    sidecar('resources: {limits: {requests.example.org/gpu: 1}}'),
    `PG034 ${at}.resources.limits[requests.example.org/gpu]`,
  ],
  [
    'huge pages that aren’t whole',
    sidecar('resources: {limits: {cpu: 1, hugepages-2Mi: 3Mi}}'),
    `PG034 ${at}.resources.limits.hugepages-2Mi`,
  ],
  ['whole huge pages', sidecar('resources: {limits: {cpu: 1, hugepages-2Mi: 4Mi}}')],
  ['an amount of zero', sidecar("resources: {requests: {cpu: '0'}}")],
  ['a whole device', sidecar("resources: {limits: {example.org/gpu: '2000m'}}")],
  ['a pod’s own resources', 'spec: {resources: {limits: {cpu: 1, memory: 1Gi, hugepages-2Mi: 2Mi}}}'],
  [
    'a pod’s own resource',
    'spec: {resources: {limits: {ephemeral-storage: 1Gi}}}',
    'PG034 spec.resources.limits.ephemeral-storage',
  ],
  ['claims of the pod’s own resources', 'spec: {resources: {claims: [{name: a}]}}', 'PG034 spec.resources.claims'],
  ['a claim that the pod brings', sidecar('resources: {claims: [{name: a}]}')],
  ['a container’s own restartPolicy', sidecar('restartPolicy: Sometimes'), `PG032 ${at}.restartPolicy`],
  [
    'rules without a restartPolicy',
    sidecar('restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]'),
    `PG034 ${at}.restartPolicyRules`,
  ],
  [
    'a rule without exit codes',
    sidecar('restartPolicy: Never, restartPolicyRules: [{action: Restart}]'),
    `PG033 ${at}.restartPolicyRules[0].exitCodes`,
  ],
  [
    'a rule’s operator',
    sidecar('restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: Is, values: [1]}}]'),
    `PG032 ${at}.restartPolicyRules[0].exitCodes.operator`,
  ],
  [
    'a resize policy',
    sidecar('resizePolicy: [{resourceName: disk, restartPolicy: Maybe}]'),
    `PG032 ${at}.resizePolicy[0].resourceName`,
    `PG032 ${at}.resizePolicy[0].restartPolicy`,
  ],
  [
    'privileged without escalation',
    sidecar('securityContext: {privileged: true, allowPrivilegeEscalation: false}'),
    `PG034 ${at}.securityContext.allowPrivilegeEscalation`,
  ],
  ['a negative user', sidecar('securityContext: {runAsUser: -1}'), `PG034 ${at}.securityContext.runAsUser`],
  [
    'a group of the pod',
    'spec: {securityContext: {supplementalGroups: [1, -1]}}',
    'PG034 spec.securityContext.supplementalGroups[1]',
  ],
  [
    'a Localhost profile without a name',
    sidecar('securityContext: {seccompProfile: {type: Localhost}}'),
    `PG033 ${at}.securityContext.seccompProfile.localhostProfile`,
  ],
  [
    'another profile with a name',
    sidecar('securityContext: {seccompProfile: {type: RuntimeDefault, localhostProfile: a}}'),
    `PG034 ${at}.securityContext.seccompProfile.localhostProfile`,
  ],
  [
    'a seccomp profile’s path',
    sidecar('securityContext: {seccompProfile: {type: Localhost, localhostProfile: ../a}}'),
    `PG034 ${at}.securityContext.seccompProfile.localhostProfile`,
  ],
  [
    'an AppArmor profile’s name',
    sidecar("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ' a'}}"),
    `PG034 ${at}.securityContext.appArmorProfile.localhostProfile`,
  ],
  [
    'a good AppArmor profile’s name',
    sidecar("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: 'a b'}}"),
  ],
  [
    'an AppArmor profile’s name of 4096 characters',
    sidecar(`securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ${'a'.repeat(4096)}}}`),
    `PG034 ${at}.securityContext.appArmorProfile.localhostProfile`,
  ],
  [
    'an AppArmor profile’s name of 4095 characters',
    sidecar(`securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ${'a'.repeat(4095)}}}`),
  ],
  [
    'an AppArmor profile without a name',
    sidecar("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ''}}"),
    `PG034 ${at}.securityContext.appArmorProfile.localhostProfile`,
  ],
  [
    'a mount of a volume that nothing can be called',
    sidecar('volumeMounts: [{name: A_b, mountPath: /a}]'),
    `PG034 ${at}.volumeMounts[0].name`,
  ],
  [
    'a device of such a volume',
    sidecar('volumeDevices: [{name: A_b, devicePath: /a}]'),
    `PG034 ${at}.volumeDevices[0].name`,
  ],
  [
    'a claim that nothing can be called',
    sidecar('resources: {claims: [{name: A_b}]}'),
    `PG034 ${at}.resources.claims[0].name`,
  ],
  [
    'an empty specification of a Windows account',
    sidecar("securityContext: {windowsOptions: {gmsaCredentialSpec: ''}}"),
    `PG034 ${at}.securityContext.windowsOptions.gmsaCredentialSpec`,
  ],
  [
    'a Windows user',
    sidecar('securityContext: {windowsOptions: {runAsUserName: "a/b"}}'),
    `PG034 ${at}.securityContext.windowsOptions.runAsUserName`,
  ],
  [
    'a Windows user of dots',
    sidecar('securityContext: {windowsOptions: {runAsUserName: ".."}}'),
    `PG034 ${at}.securityContext.windowsOptions.runAsUserName`,
  ],
  [
    'a Windows user of two domains',
    sidecar("securityContext: {windowsOptions: {runAsUserName: 'A\\B\\c'}}"),
    `PG034 ${at}.securityContext.windowsOptions.runAsUserName`,
  ],
  ['a Windows user of a domain', sidecar("securityContext: {windowsOptions: {runAsUserName: 'EXAMPLE\\c d'}}")],
  [
    'a sysctl twice',
    "spec: {securityContext: {sysctls: [{name: kernel.a, value: '1'}, {name: kernel.a, value: '2'}]}}",
    'PG035 spec.securityContext.sysctls[1].name',
  ],
  [
    'a sysctl’s name',
    "spec: {securityContext: {sysctls: [{name: NET, value: '1'}]}}",
    'PG034 spec.securityContext.sysctls[0].name',
  ],
];

const probesAndHooks: readonly KubernetesCase[] = [
  [
    'two handlers',
    sidecar('livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}'),
    `PG034 ${at}.livenessProbe.tcpSocket`,
  ],
  ['no handler', sidecar('livenessProbe: {periodSeconds: 1}'), `PG033 ${at}.livenessProbe`],
  ['no command', sidecar('livenessProbe: {exec: {}}'), `PG033 ${at}.livenessProbe.exec.command`],
  ['port 0', sidecar('readinessProbe: {httpGet: {port: 0}}'), `PG034 ${at}.readinessProbe.httpGet.port`],
  ['a port’s name', sidecar('readinessProbe: {httpGet: {port: A}}'), `PG034 ${at}.readinessProbe.httpGet.port`],
  [
    'a header’s name',
    sidecar("readinessProbe: {httpGet: {port: 1, httpHeaders: [{name: 'a b', value: ''}]}}"),
    `PG034 ${at}.readinessProbe.httpGet.httpHeaders[0].name`,
  ],
  ['a gRPC port', sidecar('readinessProbe: {grpc: {port: 70000}}'), `PG034 ${at}.readinessProbe.grpc.port`],
  [
    'a negative period',
    sidecar('readinessProbe: {exec: {command: [a]}, periodSeconds: -1}'),
    `PG034 ${at}.readinessProbe.periodSeconds`,
  ],
  [
    'successThreshold 2 of a liveness probe',
    sidecar('livenessProbe: {exec: {command: [a]}, successThreshold: 2}'),
    `PG034 ${at}.livenessProbe.successThreshold`,
  ],
  [
    'successThreshold 2 of a startup probe',
    sidecar('startupProbe: {exec: {command: [a]}, successThreshold: 2}'),
    `PG034 ${at}.startupProbe.successThreshold`,
  ],
  ['successThreshold 2 of a readiness probe', sidecar('readinessProbe: {exec: {command: [a]}, successThreshold: 2}')],
  [
    'grace of a readiness probe',
    sidecar('readinessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 1}'),
    `PG034 ${at}.readinessProbe.terminationGracePeriodSeconds`,
  ],
  [
    'no grace at all',
    sidecar('livenessProbe: {exec: {command: [a]}, terminationGracePeriodSeconds: 0}'),
    `PG034 ${at}.livenessProbe.terminationGracePeriodSeconds`,
  ],
  [
    'two hooks in one',
    sidecar('lifecycle: {preStop: {exec: {command: [a]}, sleep: {seconds: 1}}}'),
    `PG034 ${at}.lifecycle.preStop.sleep`,
  ],
  [
    'a negative sleep',
    sidecar('lifecycle: {preStop: {sleep: {seconds: -1}}}'),
    `PG034 ${at}.lifecycle.preStop.sleep.seconds`,
  ],
  [
    'a probe of an init container',
    'spec: {initContainers: [{name: i, image: i:1, livenessProbe: {exec: {command: [a]}}}]}',
    'PG034 spec.initContainers[0].livenessProbe',
  ],
  [
    'a probe of a native sidecar',
    'spec: {initContainers: [{name: i, image: i:1, restartPolicy: Always, livenessProbe: {exec: {command: [a]}}}]}',
  ],
  [
    'a probe for every init container of the workload',
    'spec: {initContainers: [{name: default-init, livenessProbe: {exec: {command: [a]}}}]}',
  ],
];

const volumes: readonly KubernetesCase[] = [
  ['no source is an emptyDir', 'spec: {volumes: [{name: v}]}'],
  ['two sources', volume('emptyDir: {}, configMap: {name: c}'), 'PG034 spec.volumes[0].configMap'],
  ['a negative size', volume("emptyDir: {sizeLimit: '-1'}"), 'PG034 spec.volumes[0].emptyDir.sizeLimit'],
  ['a host’s path with ..', volume('hostPath: {path: /a/../b}'), 'PG034 spec.volumes[0].hostPath.path'],
  ['a type of a host’s path', volume('hostPath: {path: /a, type: Dir}'), 'PG032 spec.volumes[0].hostPath.type'],
  ['no name of a ConfigMap', volume('configMap: {}'), 'PG033 spec.volumes[0].configMap.name'],
  ['no name of a Secret', volume('secret: {}'), 'PG033 spec.volumes[0].secret.secretName'],
  ['a mode of 01000', volume('secret: {secretName: s, defaultMode: 512}'), 'PG034 spec.volumes[0].secret.defaultMode'],
  [
    'a key without a path',
    volume('configMap: {name: c, items: [{key: a}]}'),
    'PG033 spec.volumes[0].configMap.items[0].path',
  ],
  [
    'a path that is absolute',
    volume('configMap: {name: c, items: [{key: a, path: /b}]}'),
    'PG034 spec.volumes[0].configMap.items[0].path',
  ],
  [
    'a path that Kubernetes uses itself',
    volume('configMap: {name: c, items: [{key: a, path: ..data}]}'),
    'PG034 spec.volumes[0].configMap.items[0].path',
  ],
  ['a file without a field', volume('downwardAPI: {items: [{path: a}]}'), 'PG033 spec.volumes[0].downwardAPI.items[0]'],
  ['a file of all labels', volume('downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.labels}}]}')],
  [
    'a file of an address',
    volume('downwardAPI: {items: [{path: a, fieldRef: {fieldPath: status.podIP}}]}'),
    'PG032 spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath',
  ],
  [
    'a file of a resource of no container',
    volume('downwardAPI: {items: [{path: a, resourceFieldRef: {resource: limits.cpu}}]}'),
    'PG033 spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName',
  ],
  ['a disk’s address', volume('azureDisk: {diskName: d, diskURI: /d}'), 'PG034 spec.volumes[0].azureDisk.diskURI'],
  [
    'the address of a managed disk',
    volume('azureDisk: {diskName: d, kind: Managed, diskURI: "https://d"}'),
    'PG034 spec.volumes[0].azureDisk.diskURI',
  ],
  ['the right address of a managed disk', volume('azureDisk: {diskName: d, kind: Managed, diskURI: /subscriptions/d}')],
  ['the address of a disk', volume('azureDisk: {diskName: d, kind: Dedicated, diskURI: "https://d"}')],
  [
    'a registry with two ports',
    volume('quobyte: {volume: v, registry: "a:1:2"}'),
    'PG034 spec.volumes[0].quobyte.registry',
  ],
  [
    'a registry without a port, behind another',
    volume('quobyte: {volume: v, registry: "a:1,b"}'),
    'PG034 spec.volumes[0].quobyte.registry',
  ],
  ['a registry of longer names', volume('quobyte: {volume: v, registry: "ab:12"}')],
  ['a registry', volume('quobyte: {volume: v, registry: a}'), 'PG034 spec.volumes[0].quobyte.registry'],
  ['two registries', volume('quobyte: {volume: v, registry: "a:1,b:2"}')],
  [
    'a driver’s secret without a name',
    volume('csi: {driver: a.b, nodePublishSecretRef: {}}'),
    'PG033 spec.volumes[0].csi.nodePublishSecretRef.name',
  ],
  [
    'two sources of a projection',
    volume('projected: {sources: [{secret: {name: s}, configMap: {name: c}}]}'),
    'PG034 spec.volumes[0].projected.sources[0].configMap',
  ],
  [
    'a token that lives too short',
    volume('projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 60}}]}'),
    'PG034 spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds',
  ],
  [
    'a bundle of no signer',
    volume('projected: {sources: [{clusterTrustBundle: {path: b}}]}'),
    'PG033 spec.volumes[0].projected.sources[0].clusterTrustBundle',
  ],
  [
    'a signer’s name',
    volume('projected: {sources: [{clusterTrustBundle: {path: b, signerName: a}}]}'),
    'PG034 spec.volumes[0].projected.sources[0].clusterTrustBundle.signerName',
  ],
  [
    'a signer’s name with a domain',
    volume('projected: {sources: [{clusterTrustBundle: {path: b, signerName: a.example.org/b}}]}'),
  ],
  ['a driver’s name', volume('csi: {driver: a_b}'), 'PG034 spec.volumes[0].csi.driver'],
  ['a driver’s name of 63 characters', volume(`csi: {driver: ${'a'.repeat(63)}}`)],
  ['a driver’s name of 64 characters', volume(`csi: {driver: ${'a'.repeat(64)}}`), 'PG034 spec.volumes[0].csi.driver'],
  [
    'a secret of a driver',
    volume('csi: {driver: a.b, nodePublishSecretRef: {name: A}}'),
    'PG034 spec.volumes[0].csi.nodePublishSecretRef.name',
  ],
  ['a relative path of NFS', volume('nfs: {server: s, path: a}'), 'PG034 spec.volumes[0].nfs.path'],
  [
    'an iSCSI name',
    volume('iscsi: {targetPortal: t, iqn: a, lun: 256}'),
    'PG034 spec.volumes[0].iscsi.iqn',
    'PG034 spec.volumes[0].iscsi.lun',
  ],
  [
    'an iSCSI name with something in front',
    volume('iscsi: {targetPortal: t, iqn: x.iqn.a, lun: 1}'),
    'PG034 spec.volumes[0].iscsi.iqn',
  ],
  ['a dataset’s name', volume('flocker: {datasetName: a/b}'), 'PG034 spec.volumes[0].flocker.datasetName'],
  ['no monitors', volume('cephfs: {monitors: []}'), 'PG033 spec.volumes[0].cephfs.monitors'],
  ['a claim without a template', volume('ephemeral: {}'), 'PG033 spec.volumes[0].ephemeral.volumeClaimTemplate'],
  [
    'a claim without modes and storage',
    volume('ephemeral: {volumeClaimTemplate: {spec: {}}}'),
    'PG033 spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes',
    'PG033 spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests.storage',
  ],
  [
    'a claim with a name',
    volume(
      'ephemeral: {volumeClaimTemplate: {metadata: {name: n}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}',
    ),
    'PG034 spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name',
  ],
  [
    'a claim with labels and annotations',
    volume(
      'ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}, annotations: {c: d}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}',
    ),
  ],
  [
    'a claim with two modes',
    volume(
      'ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce, ReadOnlyMany], resources: {requests: {storage: 1Gi}}}}}',
    ),
  ],
  [
    'a claim with the mode that stands alone, alone',
    volume(
      'ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}}}',
    ),
  ],
  [
    'a claim with a mode that stands alone',
    volume(
      'ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOncePod, ReadOnlyMany], resources: {requests: {storage: 1Gi}}}}}',
    ),
    'PG034 spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes',
  ],
];

const whatIsRefusedTogetherInOneTemplate: readonly KubernetesCase[] = [
  ['hostPID with shareProcessNamespace', 'spec: {hostPID: true, shareProcessNamespace: true}', 'PG034 spec.hostPID'],
  [
    'a hostPort other than the containerPort under hostNetwork',
    sidecar('ports: [{containerPort: 1, hostPort: 2}]', ', hostNetwork: true'),
    'PG034 spec.hostNetwork',
  ],
  [
    'and of an init container, which nobody else looks at',
    'spec: {hostNetwork: true, initContainers: [{name: a, image: a:1, ports: [{containerPort: 1, hostPort: 2}]}]}',
  ],
  [
    'two sidecars on one hostPort',
    'spec: {containers: [{name: a, image: a:1, ports: [{containerPort: 1, hostPort: 9}]}, {name: b, image: b:1, ports: [{containerPort: 2, hostPort: 9}]}]}',
    'PG034 spec.containers',
  ],
  [
    'a windows pod with Linux’ fields',
    'spec: {os: {name: windows}, securityContext: {runAsUser: 1}}',
    'PG034 spec.os.name',
  ],
  [
    'an entry for the workload’s container, by what it sets itself',
    'spec: {containers: [{name: primary, securityContext: {privileged: true, allowPrivilegeEscalation: false}}]}',
    'PG034 spec.containers[0].securityContext.allowPrivilegeEscalation',
  ],
  [
    'and not by what the workload may have set: that is the trial’s business',
    'spec: {containers: [{name: primary, volumeMounts: [{name: v, mountPath: /a, mountPropagation: Bidirectional}]}]}',
    'PG046 .',
  ],
];

/** What Kubernetes refuses in a template, and what lies just beside it, by subject. Each is tried on a real API server too. */
export const kubernetesCases: Readonly<Record<string, readonly KubernetesCase[]>> = {
  'names, keys and numbers': namesKeysAndNumbers,
  scheduling,
  containers,
  'probes and hooks': probesAndHooks,
  volumes,
  'what is refused together, in one template': whatIsRefusedTogetherInOneTemplate,
};
