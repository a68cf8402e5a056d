import { defaultsOf, type SettingValues, setting } from './define.ts'
import { commaList, textOrNone } from './scalars.ts'

/** Settings that mean something on this host only: they never go on to what a worker starts. */
export const hostSettings = {
  home: setting<string | null>({
    name: 'AEDILE_HOME',
    description: 'The directory of profiles, database, key and results. Empty: ~/.aedile.',
    schema: textOrNone,
    default: null,
  }),
  profile: setting<string | null>({
    name: 'AEDILE_PROFILE',
    description: 'The profile to use, in place of the one that `aedile profile use` chose.',
    schema: textOrNone,
    default: null,
  }),
  python: setting<string | null>({
    name: 'AEDILE_PYTHON',
    description: 'The Python interpreter for flows in Python. Empty: the environment beside the working directory, else python3.',
    schema: textOrNone,
    default: null,
  }),
  infrastructures: setting<string[]>({
    name: 'AEDILE_INFRASTRUCTURES',
    description: 'Packages with further types of infrastructure, with commas between them.',
    schema: commaList,
    default: [],
  }),
  resultsPath: setting<string | null>({
    name: 'AEDILE_RESULTS_LOCAL_STORAGE_PATH',
    fallback: 'PREFECT_LOCAL_STORAGE_PATH',
    description: 'The directory of results. Empty: storage in the home directory.',
    schema: textOrNone,
    default: null,
  }),
}

export type HostSettings = SettingValues<typeof hostSettings>
/** The defaults of every host setting. */
export const defaultHostSettings: HostSettings = defaultsOf(hostSettings)
