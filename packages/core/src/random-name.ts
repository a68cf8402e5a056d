const ADJECTIVES =
  'able agile amber ancient ardent austere azure bold brave breezy bright brisk calm candid careful cheerful civic clear clever cobalt copper coral cosmic crisp curious daring deft dapper eager earnest early elder emerald fair fearless fleet fluent fond frank gentle gilded glad golden graceful grand grateful hardy hazel honest humble ivory jolly jovial keen kind lively loyal lucid lucky marble mellow merry mighty mild mindful modest nimble noble olive orderly patient placid plucky polished prudent quick quiet radiant rapid ready robust royal ruby rustic sage scarlet serene sharp silent silver sincere sleek smooth snug solid spry stable steady stoic sturdy sunny swift tawny tidy tranquil trusty upbeat valiant vast velvet vivid warm wise witty zesty'
const NOUNS =
  'alder anchor apricot aqueduct arch aspen atrium badger basilica bastion beacon bear beaver bison bridge brook canal cedar chariot cliff cloister column comet condor coral crane creek cypress dolphin dove eagle egret elm ember falcon fennel fern finch fir fjord forum fountain fox gazelle glacier granite grove gull harbor hare hawk hazel heron hill ibex ibis island jackdaw jaguar juniper kestrel kite lagoon lake lark laurel ledge lemur linden lion lynx magpie mantis maple marmot marten meadow mesa mole moose mosaic narwhal nutmeg oak ocelot olive orchid oriole osprey otter owl palm panther pelican petrel pine plover poplar portico puffin quail quarry rampart raven ridge river robin rotunda saffron salmon seal sparrow spring spruce stag starling stork summit swallow swan sycamore temple thicket thrush toucan tower trout tunnel valley viaduct villa vole walnut walrus willow wolf wren yew zebra'

const adjectives = ADJECTIVES.split(' ')
const nouns = NOUNS.split(' ')

/** Two words joined by a dash, for a run that was given no name. */
export function makeRandomName(): string {
  return `${pick(adjectives)}-${pick(nouns)}`
}

function pick(words: readonly string[]): string {
  return words[Math.floor(Math.random() * words.length)]!
}
