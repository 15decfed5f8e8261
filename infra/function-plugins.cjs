/** Leaves out of the functions what none of them uses: Node.js reads and compiles a whole bundle at each cold start. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const forEveryBundle = require('./esbuild-plugins.cjs');

/** Of an object that a package exports, such as zod's `z`, esbuild keeps all; of a namespace, what is used. */
const usedOfZod = {
  name: 'used-of-zod',
  setup: (build) => {
    build.onLoad({ filter: /[\\/](functions|shared)[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /^import \{ z \} from 'zod';$/m,
        "import * as z from 'zod';",
      ),
      loader: 'ts',
    }));
  },
};

/**
 * A client of the SDK has the shapes of all its commands: data, but with computed keys, and these might run something
 * for all that esbuild knows. The result of a call that is marked as pure goes where nobody uses it.
 */
const usedOfShapes = {
  name: 'used-of-shapes',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]schemas[\\/]schemas_0\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /^export var (\w+\$?) = (\[[^;]*\]);$/gm,
        'export var $1 = /* @__PURE__ */ (() => $2)();',
      ),
    }));
  },
};

/** For Node.js, yaml is CommonJS, which can only be taken whole; for browsers it is the same code in modules. */
const usedOfYaml = {
  name: 'used-of-yaml',
  setup: (build) => {
    const path = join(require.resolve('yaml/package.json'), '../browser/index.js');
    build.onResolve({ filter: /^yaml$/ }, () => ({ path }));
  },
};

/**
 * What the SDKs load where a function never gets: AWS gives it its credentials in its environment, none of its
 * commands streams events, and X-Ray compares the version of the SDK 2 alone.
 */
const leftOut = [
  ...['ini', 'login', 'process', 'sso', 'web-identity', 'http'].map(
    (name) => `@aws-sdk/credential-provider-${name}`,
  ),
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
  'semver',
];

const neverReached = {
  name: 'never-reached',
  setup: (build) => {
    build.onResolve({ filter: /^(@aws-sdk|@smithy|semver$)/ }, ({ path, kind }) =>
      leftOut.includes(path) && kind !== 'import-statement' ? { path, namespace: 'left-out' } : undefined,
    );
    build.onLoad({ filter: /^/, namespace: 'left-out' }, ({ path }) => ({
      contents: `const missing = () => { throw new Error('${path} is left out of the functions'); };
        module.exports = new Proxy({}, { get: missing, ownKeys: missing });`,
    }));
  },
};

module.exports = [...forEveryBundle, usedOfZod, usedOfShapes, usedOfYaml, neverReached];
