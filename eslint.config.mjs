import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'
import svelteConfig from './svelte.config.mjs'

export default tseslint.config(
  { ignores: ['node_modules/', 'build/', '.vite/', 'out/', '.cache/', 'test-results/', 'playwright-report/'] },
  {
    files: ['**/*.{ts,mts,svelte}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Objects here are closures: their methods do not use `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A function that keeps an interface's promise need not wait for anything itself.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['test/**'],
    rules: {
      'no-console': 'off',
      // expect.any(), expect.stringContaining() and their like are typed any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
    // The plugin's own rule knows that props are bound by the one who sets them.
    rules: { 'prefer-const': 'off', 'svelte/prefer-const': 'error' },
  },
)
